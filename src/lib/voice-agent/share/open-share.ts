import type { Message } from '../../../../store/index.js'
import { check, checkMethods, checkObjects } from '../options/check-options.js'
import {
  decryptComment,
  type EncryptedComment,
  encryptComment,
  MAX_COMMENTS,
  MAX_TIME,
  type ShareComment,
} from './comments.js'
import { decodeContent } from './share-content.js'
import {
  contentInfo,
  decrypt,
  deriveKeyring,
  FORMAT_VERSION,
  isId,
  isKey,
  type ShareKeyring,
  wrapInfo,
} from './share-crypto.js'
import { asShareError, ShareError, withShareErrors } from './share-error.js'
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
  /** The link, or its part starting with `#`, such as the result of `takeShareLink()`. */
  link: string
  /** `httpShareServer`, or your own. */
  server: ShareServer
  /** Keys of this person, for a share created for them: `asPerson(keyPair)`. @default none */
  keys?: UnwrapShareKey | undefined
}

/** An open share. Everything in it was written by other people. */
export interface OpenedShare {
  readonly id: string
  readonly role: ShareRole
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  readonly title: string | null
  readonly messages: readonly Message[]
  /** Comments read so far, oldest first, 1,000 at most. Each change creates a new array. */
  readonly comments: readonly ShareComment[]
  /** Number of comments that are damaged or from another program. */
  readonly unreadableComments: number
  /**
   * Reads new comments, and checks that the share still exists.
   *
   * @throws ShareError `share-expired`, `share-revoked`, `share-missing`, `share-unreachable`
   */
  refresh(): Promise<void>
  /**
   * Adds a comment. Resolves when the server has stored it. After an error, call it again with the same text: a comment that the server
   * had already stored is not added twice.
   *
   * @param text Up to 4,000 characters.
   * @param author Name, up to 100 characters. @default none
   * @throws ShareError `share-refused` for the role `view`, `share-empty`, `share-too-large`, `share-full`, and the errors of `refresh`
   */
  comment(text: string, author?: string): Promise<void>
}

/**
 * Opens a share: requests it from the server, decrypts it and checks all of it.
 *
 * @throws ShareError `share-locked`, `share-link-invalid`, `share-key-wrong`, `share-missing`, `share-expired`, `share-revoked`,
 *   `share-unreadable`, `share-newer`, `share-unreachable`, `share-unsupported`
 * @throws VoiceAgentError `invalid-option`
 * @example
 * const share = await openShare({ link: takeShareLink() ?? '', server })
 * render(share.messages)
 */
export async function openShare(options: OpenShareOptions): Promise<OpenedShare> {
  checkObjects({ 'openShare: options': options })
  const { link, server, keys } = options
  check({ 'openShare: link': link }, () => typeof link === 'string', 'a string')
  checkMethods({ 'openShare: server': server }, ['get', 'listComments'])
  const address = readLink(link)
  const { id } = address
  const stored = checkStored(await withShareErrors(() => server.get(id)))
  const header: ShareHeader = { id, role: stored.role, expiresAt: stored.expiresAt }
  const key = address.key ?? (await unwrap(stored, header, keys))
  const keyring = await deriveKeyring(key, id)
  const content = decodeContent(await decrypt(keyring.content, stored.data, contentInfo(header)))
  const share = createOpened(header, content, keyring, server)
  await share.refresh()
  return share
}

/** A server may return anything. */
function checkStored(share: StoredShare): StoredShare {
  const { v, role, expiresAt, data, wrappedKey } = (share ?? {}) as Partial<StoredShare>
  if (typeof v === 'number' && v > FORMAT_VERSION) throw new ShareError('share-newer')
  const isShare =
    v === FORMAT_VERSION &&
    shareRoles.includes(role as ShareRole) &&
    Number.isSafeInteger(expiresAt) &&
    Number(expiresAt) <= MAX_TIME &&
    typeof data === 'string' &&
    (wrappedKey === undefined || typeof wrappedKey === 'string')
  if (!isShare) throw new ShareError('share-unreadable')
  return share
}

async function unwrap({ wrappedKey }: StoredShare, header: ShareHeader, keys?: UnwrapShareKey) {
  if (wrappedKey === undefined || !keys) throw new ShareError('share-locked')
  // A copy, as WebCrypto and newer TypeScript versions require.
  const key = new Uint8Array(
    await withShareErrors(() => keys(wrappedKey, wrapInfo(header)), 'share-key-wrong'),
  )
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
  /** Comments listed by the server, by id. Unreadable ones are null. One without an id has its position as its id. */
  const read = new Map<string | number, ShareComment | null>()
  let listed = 0
  let comments: readonly ShareComment[] = []
  let unreadableComments = 0
  /** Sent comments that the server has not confirmed. */
  const unconfirmed = new Set<EncryptedComment>()

  /** Enforces the expiry even if the server does not, because the expiry time is authenticated. */
  function assertAlive(): void {
    if (Date.now() >= expiresAt) throw new ShareError('share-expired')
  }

  function update(): void {
    comments = [...read.values()].filter((comment) => comment !== null)
    unreadableComments = read.size - comments.length
  }

  async function refresh(): Promise<void> {
    assertAlive()
    const from = listed
    const answer: unknown = await withShareErrors(() => server.listComments(id, from))
    if (!Array.isArray(answer)) throw new ShareError('share-unreachable')
    for (const [index, stored] of answer.entries()) {
      if (read.size >= MAX_COMMENTS) break
      const comment = Object(stored) as StoredComment
      const commentId = isId(comment.id) ? comment.id : from + index
      if (!read.has(commentId)) read.set(commentId, await decryptComment(keyring.comments, id, comment))
    }
    // Two refreshes may read the same comments.
    listed = Math.max(listed, from + answer.length)
    update()
  }

  return {
    ...header,
    ...content,
    get comments() {
      return comments
    },
    get unreadableComments() {
      return unreadableComments
    },
    refresh,
    async comment(text, author) {
      if (!canComment(role)) throw new ShareError('share-refused')
      assertAlive()
      const made = await encryptComment(keyring.comments, id, text, author ?? null)
      // The server may have stored it although its response was lost. It ignores an id that it already has.
      const sent = [...unconfirmed].find(({ comment }) => isSame(comment, made.comment)) ?? made
      unconfirmed.add(sent)
      await withShareErrors(() => server.addComment(id, keyring.commentSecret, sent.stored))
      unconfirmed.delete(sent)
      try {
        await refresh()
      } catch (error) {
        if (asShareError(error).code !== 'share-unreachable') throw error
        // The comment is stored; only the others are missing.
        read.set(sent.comment.id, sent.comment)
        update()
      }
    },
  }
}

const isSame = (one: ShareComment, other: ShareComment) =>
  one.text === other.text && one.author === other.author
