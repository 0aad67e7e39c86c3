import type { Message } from '../../../../store/index.js'
import { decryptComment, encryptComment, type ShareComment } from './comments.js'
import { decodeContent } from './share-content.js'
import {
  contentInfo,
  decrypt,
  deriveKeyring,
  FORMAT_VERSION,
  isKey,
  type ShareKeyring,
  wrapInfo,
} from './share-crypto.js'
import { reach, ShareError } from './share-error.js'
import { readLink } from './share-link.js'
import {
  canComment,
  type ShareHeader,
  type ShareRole,
  type ShareServer,
  type StoredComment,
  type StoredShare,
  shareRoles,
  type UnwrapShareKey,
} from './share-server.js'

/** Options of {@link openShare}. */
export interface OpenShareOptions {
  /** The link, or its part from `#` on, such as the result of `takeShareLink()`. */
  link: string
  /** `httpShareServer`, or your own. */
  server: ShareServer
  /** Keys of this person, for a share that was made for them: `asPerson(keyPair)`. @default none */
  keys?: UnwrapShareKey | undefined
}

/** A share that is open. Everything in it is text of other people. */
export interface OpenedShare {
  readonly id: string
  readonly role: ShareRole
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly title: string | null
  readonly messages: readonly Message[]
  /** Comments that were read, oldest first. The array is a new one after each change. */
  readonly comments: readonly ShareComment[]
  /** Number of comments that are damaged, or that another program made. */
  readonly unreadableComments: number
  /**
   * Reads new comments, and finds out if the share is still there.
   *
   * @throws ShareError `share-expired`, `share-revoked`, `share-missing`, `share-unreachable`
   */
  refresh(): Promise<void>
  /**
   * Adds a comment.
   *
   * @param text Up to 4,000 characters.
   * @param author Name, up to 100 characters. @default none
   * @throws ShareError `share-refused` for the role `view`, `share-empty`, `share-too-large`, `share-full`, and the errors of `refresh`
   */
  comment(text: string, author?: string): Promise<void>
}

/**
 * Opens a share. Requests it from the server, decrypts it, and checks all of it.
 *
 * @throws ShareError `share-locked`, `share-link-invalid`, `share-key-wrong`, `share-missing`, `share-expired`, `share-revoked`,
 *   `share-unreadable`, `share-newer`, `share-unreachable`, `share-unsupported`
 * @example
 * const share = await openShare({ link: takeShareLink() ?? '', server })
 * render(share.messages)
 */
export async function openShare({ link, server, keys }: OpenShareOptions): Promise<OpenedShare> {
  const address = readLink(link)
  const { id } = address
  const stored = checkStored(await reach(() => server.get(id)))
  const header: ShareHeader = { id, role: stored.role, expiresAt: stored.expiresAt }
  const key = address.key ?? (await unwrap(stored, header, keys))
  const keyring = await deriveKeyring(key, id)
  const content = decodeContent(await decrypt(keyring.content, stored.data, contentInfo(header)))
  const share = createOpened(header, content, keyring, server)
  await share.refresh()
  return share
}

/** A server may answer anything. */
function checkStored(share: StoredShare): StoredShare {
  const { v, role, expiresAt, data, wrappedKey } = (share ?? {}) as Partial<StoredShare>
  if (typeof v === 'number' && v > FORMAT_VERSION) throw new ShareError('share-newer')
  const isShare =
    v === FORMAT_VERSION &&
    shareRoles.includes(role as ShareRole) &&
    Number.isSafeInteger(expiresAt) &&
    typeof data === 'string' &&
    (wrappedKey === undefined || typeof wrappedKey === 'string')
  if (!isShare) throw new ShareError('share-unreadable')
  return share
}

async function unwrap({ wrappedKey }: StoredShare, header: ShareHeader, keys?: UnwrapShareKey) {
  if (wrappedKey === undefined || !keys) throw new ShareError('share-locked')
  // A copy, as WebCrypto and the types of newer compilers want it.
  const key = new Uint8Array(await keys(wrappedKey, wrapInfo(header)))
  if (!isKey(key)) throw new ShareError('share-key-wrong')
  return key
}

function createOpened(
  header: ShareHeader,
  content: { title: string | null; messages: readonly Message[] },
  keyring: ShareKeyring,
  server: ShareServer,
): OpenedShare {
  const { id, role, expiresAt } = header
  /** Comments that the server has listed, with unreadable ones as null. */
  const read = new Map<string, ShareComment | null>()
  let listed = 0
  let comments: readonly ShareComment[] = []

  /** Also if the server forgets it, because the time of the expiry is authenticated. */
  function assertAlive(): void {
    if (Date.now() >= expiresAt) throw new ShareError('share-expired')
  }

  async function refresh(): Promise<void> {
    assertAlive()
    const from = listed
    const answered: readonly (StoredComment | null)[] = await reach(() => server.listComments(id, from))
    for (const stored of answered) {
      const commentId = String(stored?.id)
      if (read.has(commentId)) continue
      read.set(commentId, stored && (await decryptComment(keyring.comments, id, stored)))
    }
    // Two refreshes may read the same comments.
    listed = Math.max(listed, from + answered.length)
    comments = [...read.values()].filter((comment) => comment !== null)
  }

  return {
    ...header,
    ...content,
    get comments() {
      return comments
    },
    get unreadableComments() {
      return read.size - comments.length
    },
    refresh,
    async comment(text, author) {
      if (!canComment(role)) throw new ShareError('share-refused')
      assertAlive()
      const { stored } = await encryptComment(keyring.comments, id, text, author ?? null)
      await reach(() => server.addComment(id, keyring.commentSecret, stored))
      await refresh()
    },
  }
}
