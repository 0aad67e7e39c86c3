import {
  check,
  checkChoice,
  checkFunctions,
  checkMethods,
  checkObjects,
  isName,
} from '../options/check-options.js'
import { encodeContent, type SharePreview } from './share-content.js'
import {
  assertSupported,
  contentInfo,
  createId,
  createKey,
  createSecret,
  deriveKeyring,
  encrypt,
  FORMAT_VERSION,
  hashOf,
  wrapInfo,
} from './share-crypto.js'
import { asShareError, isGone, type ShareErrorCode, withShareErrors } from './share-error.js'
import { checkViewerUrl, formatLink } from './share-link.js'
import {
  canComment,
  type NewShare,
  type ShareRole,
  type ShareServer,
  shareRoles,
  type WrapShareKey,
} from './share-server.js'

/** Options of {@link createSharing}. */
export interface SharingOptions {
  /** `httpShareServer`, or your own. */
  server: ShareServer
  /** URL of the page that shows shares, such as `https://example.com/shared`. Must be HTTPS or localhost. */
  viewerUrl: string
}

/** Options of {@link Sharing.share}. */
export interface ShareOptions {
  /** @default 'view' */
  role?: ShareRole
  /** Milliseconds until the share expires: from a minute to 366 days. @default 604800000, a week */
  expiresInMs?: number
  /** The only person who can open the share: `toPerson(publicKey)`. @default anyone with the link */
  to?: WrapShareKey
  /** Cancels the operation, which then rejects with the signal's reason. Nothing stays shared. @default never */
  signal?: AbortSignal | undefined
}

/** Your record of a share, for listing and revoking it. It can't open the share. */
export interface ShareReceipt {
  id: string
  role: ShareRole
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Milliseconds since the epoch. */
  expiresAt: number
  /** Revokes the share. Store it where only the owner can read it. */
  revokeSecret: string
}

/** Shares parts of conversations. */
export interface Sharing {
  /**
   * Encrypts a preview with a new key and stores it on the server. The link has the key in its fragment, and this package keeps no copy of
   * it. If the server's response is lost, or `signal` aborts during the request, asks the server to revoke the share. Asks again within 40 s
   * if the upload has not arrived yet. No one has its link.
   *
   * @throws ShareError `share-unsupported`, `share-empty`, `share-too-large`, `share-full`, `share-unreachable`, `share-refused` if your server
   *   does not let the user share, `share-key-wrong` for an invalid public key
   * @throws VoiceAgentError `invalid-option`
   */
  share(preview: SharePreview, options?: ShareOptions): Promise<{ link: string; receipt: ShareReceipt }>
  /**
   * Deletes a share and its comments from the server. A page that has it open detects this with its next request. Does nothing if the share
   * is gone.
   *
   * @throws ShareError `share-refused`, `share-unreachable`
   * @throws VoiceAgentError `invalid-option`
   */
  revoke(receipt: Pick<ShareReceipt, 'id' | 'revokeSecret'>): Promise<void>
}

/** Answers to an upload that stored nothing. */
const refusals: readonly ShareErrorCode[] = ['share-refused', 'share-full', 'share-too-large']

const isPreview = (value: unknown) => Array.isArray((value as SharePreview | null | undefined)?.messages)

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const MAX_SHARE_LIFETIME_MS = 366 * DAY_MS

/**
 * Creates the functions for sharing parts of conversations. Sends no requests until one is called.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * const sharing = createSharing({ server, viewerUrl: 'https://example.com/shared' })
 * const preview = previewShare({ messages })
 * const { link, receipt } = await sharing.share(preview, { role: 'comment' })
 */
export function createSharing(options: SharingOptions): Sharing {
  checkObjects({ 'createSharing: options': options })
  const { server, viewerUrl } = options
  checkMethods({ 'createSharing: server': server }, ['put', 'revoke'])
  checkViewerUrl(viewerUrl)
  return {
    async share(preview, { role = 'view', expiresInMs = 7 * DAY_MS, to, signal } = {}) {
      checkChoice({ 'share: role': role }, shareRoles)
      const isLifetime = () => expiresInMs >= MINUTE_MS && expiresInMs <= MAX_SHARE_LIFETIME_MS
      check({ 'share: expiresInMs': expiresInMs }, isLifetime, 'from a minute to 366 days')
      checkFunctions({ 'share: to': to })
      check({ 'share: preview': preview }, isPreview, 'the result of previewShare()')
      assertSupported()
      signal?.throwIfAborted()
      /** Runs the app's code. If the owner cancels meanwhile, rejects with the signal's reason, whatever the result. */
      const run = async <T>(task: () => Promise<T>, fallback?: ShareErrorCode): Promise<T> => {
        try {
          return await withShareErrors(task, fallback)
        } finally {
          signal?.throwIfAborted()
        }
      }
      const createdAt = Date.now()
      const header = { id: createId(), role, expiresAt: Math.floor(createdAt + expiresInMs) }
      const { id, expiresAt } = header
      const content = encodeContent(preview)
      const key = createKey()
      const keyring = await deriveKeyring(key, id)
      const data = await encrypt(keyring.content, content, contentInfo(header))
      signal?.throwIfAborted()
      const revokeSecret = createSecret()
      const share: NewShare = {
        v: FORMAT_VERSION,
        role,
        expiresAt,
        data,
        ...(to ? { wrappedKey: await run(() => to(key, wrapInfo(header)), 'share-key-wrong') } : {}),
        revokeHash: await hashOf(revokeSecret),
        ...(canComment(role) ? { commentHash: await hashOf(keyring.commentSecret) } : {}),
      }
      signal?.throwIfAborted()
      try {
        await run(() => server.put(id, share, { signal }))
      } catch (error) {
        // Unless the server refused it, it may have been stored, and no one gets a receipt for revoking it later.
        if (signal?.aborted || !refusals.includes(asShareError(error).code))
          void revokeUnfinished(server, id, revokeSecret)
        throw error
      }
      return {
        link: formatLink(viewerUrl, { id, key: to ? null : key }),
        receipt: { id, role, createdAt, expiresAt, revokeSecret },
      }
    },
    async revoke(receipt) {
      checkObjects({ 'revoke: receipt': receipt }, 'the receipt of share()')
      const { id, revokeSecret } = receipt
      check({ 'revoke: receipt.id': id, 'revoke: receipt.revokeSecret': revokeSecret }, isName, 'a string')
      try {
        await withShareErrors(() => server.revoke(id, revokeSecret))
      } catch (error) {
        if (!isGone(asShareError(error).code)) throw error
      }
    },
  }
}

/** Milliseconds before each further attempt to revoke an upload that may arrive late. Requests take at most 30 s. */
const REVOKE_AGAIN_MS = [1_000, 9_000, 30_000]

/** Revokes a share that the server may have stored, or may still store: a cancelled upload can arrive after the request to revoke it. */
async function revokeUnfinished(server: ShareServer, id: string, secret: string): Promise<void> {
  for (const ms of [0, ...REVOKE_AGAIN_MS]) {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    try {
      return await server.revoke(id, secret)
    } catch (error) {
      const { code } = asShareError(error)
      if (code !== 'share-missing' && code !== 'share-unreachable') return
    }
  }
}
