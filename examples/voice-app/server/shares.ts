import { createHash, timingSafeEqual } from 'node:crypto'
import type { NewShare, StoredComment, StoredShare } from 'redux-voice-agent/share'
import { isFields } from './bodies.js'
import { ApiError } from './errors.js'

/** The server of shared conversations. It has ciphertexts and hashes, and no keys. Each method throws an `ApiError`. */
export interface Shares {
  put(id: string, body: unknown): void
  get(id: string): StoredShare
  revoke(id: string, body: unknown): void
  addComment(id: string, body: unknown): void
  listComments(id: string, from: unknown): { comments: StoredComment[] }
}

export interface SharesOptions {
  /** Maximum number of readable shares. @default 200 */
  maxShares?: number
  /** The clock, in ms since the epoch. @default Date.now */
  now?: () => number
}

interface Entry {
  /** Null once it is revoked or expired: its ciphertext is deleted then, and readers learn the reason. */
  share: NewShare | null
  comments: StoredComment[]
  isRevoked: boolean
  expiresAt: number
}

const DAY_MS = 24 * 60 * 60 * 1000
const maxLifetimeMs = 366 * DAY_MS
/** Milliseconds after the expiry during which a reader still learns what happened. */
const tombstoneMs = 30 * DAY_MS
/** Maximum number of expired or revoked shares. Beyond it, the oldest is dropped, so its readers learn only that there is no such share. */
const maxGone = 1_000
/** A share of 1,000,000 bytes in base64url. */
const maxData = 1_340_000
/** A comment of 4,000 characters in base64url. */
const maxComment = 34_000
const maxComments = 200
/** Limit for all comments of a share, so that a list of them is no longer than a share. */
const maxAllComments = 1_300_000

/** Maximum size of a body in bytes, for the routes. */
export const shareBodyLimit = 1_400_000

const bad = (message: string) => new ApiError(400, 'body_invalid', message)
const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= most && /^[\w-]+$/.test(value)
const isId = (value: unknown): value is string => isText(value, 22) && value.length === 22
const isHash = (value: unknown): value is string => isText(value, 43) && value.length === 43

function readShare(body: unknown, now: number): NewShare {
  if (!isFields(body)) throw bad('The body must be a JSON object.')
  const { v, role, expiresAt, data, wrappedKey, revokeHash, commentHash } = body
  if (v !== 1) throw bad('v must be 1.')
  if (role !== 'view' && role !== 'comment' && role !== 'continue') throw bad('The role is not known.')
  if (!Number.isSafeInteger(expiresAt)) throw bad('expiresAt must be an integer.')
  const lifetime = (expiresAt as number) - now
  // The clock of a browser may be some minutes ahead.
  if (lifetime <= 0 || lifetime > maxLifetimeMs + DAY_MS) throw bad('expiresAt must be within 366 days.')
  if (!isText(data, maxData)) throw bad('data must be base64url.')
  if (wrappedKey !== undefined && !isText(wrappedKey, 200)) throw bad('wrappedKey must be base64url.')
  if (!isHash(revokeHash)) throw bad('revokeHash must be a SHA-256 in base64url.')
  if (role === 'view' ? commentHash !== undefined : !isHash(commentHash))
    throw bad('commentHash must be a SHA-256 in base64url, and belongs to the roles comment and continue.')
  return {
    v,
    role,
    expiresAt: expiresAt as number,
    data,
    revokeHash,
    ...(wrappedKey === undefined ? {} : { wrappedKey }),
    ...(commentHash === undefined ? {} : { commentHash: commentHash as string }),
  }
}

function readComment(value: unknown): StoredComment {
  const { id, data } = isFields(value) ? value : {}
  if (typeof data === 'string' && data.length > maxComment)
    throw new ApiError(413, 'body_too_large', 'The comment is too long.')
  const isComment = isId(id) && isText(data, maxComment)
  if (!isComment) throw bad('comment must be { id, data } in base64url.')
  return { id, data }
}

/** @throws ApiError 403 unless the secret matches the hash */
function prove(secret: unknown, hash: string | undefined): void {
  const digest = createHash('sha256')
    .update(typeof secret === 'string' ? secret : '')
    .digest()
  const isProven = hash !== undefined && timingSafeEqual(digest, Buffer.from(hash, 'base64url'))
  if (!isProven) throw new ApiError(403, 'share_refused', 'This share does not allow that.')
}

/** Stores shares in this process's memory. For loopback only, because anyone who reaches it may share. */
export function createShares({ maxShares = 200, now = Date.now }: SharesOptions = {}): Shares {
  const entries = new Map<string, Entry>()

  /** Deletes expired shares, even if no one requests them. */
  function sweep(): void {
    for (const [id, entry] of entries) {
      if (now() >= entry.expiresAt) empty(entry)
      if (now() >= entry.expiresAt + tombstoneMs) entries.delete(id)
    }
  }

  function empty(entry: Entry): void {
    entry.share = null
    entry.comments = []
  }

  function find(id: string): { entry: Entry; share: NewShare } {
    sweep()
    const entry = entries.get(id)
    if (!entry) throw new ApiError(404, 'share_missing', 'There is no such share.')
    if (entry.share) return { entry, share: entry.share }
    throw entry.isRevoked
      ? new ApiError(410, 'share_revoked', 'This share was revoked.')
      : new ApiError(410, 'share_expired', 'This share has expired.')
  }

  return {
    put(id, body) {
      sweep()
      if (!isId(id)) throw bad('The id must be 16 bytes in base64url.')
      const share = readShare(body, now())
      if (entries.has(id)) throw new ApiError(409, 'share_taken', 'There is a share with this id.')
      const gone = [...entries].filter(([, entry]) => !entry.share)
      if (entries.size - gone.length >= maxShares)
        throw new ApiError(507, 'share_full', 'There is no space for another share.')
      const [oldest] = gone[0] ?? []
      if (oldest !== undefined && gone.length >= maxGone) entries.delete(oldest)
      entries.set(id, { share, comments: [], isRevoked: false, expiresAt: share.expiresAt })
    },
    get(id) {
      const { v, role, expiresAt, data, wrappedKey } = find(id).share
      return { v, role, expiresAt, data, ...(wrappedKey === undefined ? {} : { wrappedKey }) }
    },
    revoke(id, body) {
      const { entry, share } = find(id)
      prove(isFields(body) ? body.secret : undefined, share.revokeHash)
      entry.isRevoked = true
      empty(entry)
    },
    addComment(id, body) {
      const { entry, share } = find(id)
      const { secret, comment } = isFields(body) ? body : {}
      prove(secret, share.commentHash)
      const read = readComment(comment)
      // A browser that got no response sends it again.
      if (entry.comments.some((one) => one.id === read.id)) return
      const length = entry.comments.reduce((sum, { data }) => sum + data.length + 64, read.data.length)
      if (entry.comments.length >= maxComments || length > maxAllComments)
        throw new ApiError(507, 'share_full', 'There is no space for another comment.')
      entry.comments.push(read)
    },
    listComments(id, from) {
      const { entry } = find(id)
      const start = Number(from ?? 0)
      if (!Number.isSafeInteger(start) || start < 0) throw bad('from must be the number of comments before.')
      return { comments: entry.comments.slice(start) }
    },
  }
}
