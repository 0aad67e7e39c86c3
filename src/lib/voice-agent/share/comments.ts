import { decodeText, encodeText } from './bytes.js'
import { commentInfo, createId, decrypt, encrypt, isId } from './share-crypto.js'
import { ShareError } from './share-error.js'
import type { StoredComment } from './share-server.js'

/** Maximum characters of a comment. */
export const MAX_COMMENT_LENGTH = 4_000
/** Maximum characters of a name. */
export const MAX_NAME_LENGTH = 100
/** Maximum number of a share's comments that a reader's browser reads, because a server may have no limit. */
export const MAX_COMMENTS = 1_000
/** Limit of a valid `Date`. */
export const MAX_TIME = 8.64e15

/** A comment on a share. */
export interface ShareComment {
  id: string
  text: string
  /** Name typed by the author; null without one. Anyone with the link can type any name. */
  author: string | null
  /** Milliseconds since the epoch, on the author's clock. */
  createdAt: number
}

/** This reader's comment, and its ciphertext. */
export interface EncryptedComment {
  comment: ShareComment
  stored: StoredComment
}

/** @throws ShareError `share-empty`, `share-too-large` */
export async function encryptComment(
  key: CryptoKey,
  shareId: string,
  text: string,
  author: string | null,
): Promise<EncryptedComment> {
  const comment: ShareComment = {
    id: createId(),
    text: text.trim(),
    author: author?.trim() || null,
    createdAt: Date.now(),
  }
  if (comment.text === '') throw new ShareError('share-empty')
  if (!isComment(comment)) throw new ShareError('share-too-large')
  const { id, ...content } = comment
  const plain = encodeText(JSON.stringify(content))
  return { comment, stored: { id, data: await encrypt(key, plain, commentInfo(shareId, id)) } }
}

/** Returns null for a comment that was altered, belongs to another share, or was not created by this package. */
export async function decryptComment(
  key: CryptoKey,
  shareId: string,
  { id, data }: StoredComment,
): Promise<ShareComment | null> {
  try {
    if (!isId(id)) return null
    const plain = await decrypt(key, data, commentInfo(shareId, id))
    const { text, author, createdAt } = JSON.parse(decodeText(plain)) as ShareComment
    const comment = { id, text, author, createdAt }
    return isComment(comment) ? comment : null
  } catch {
    return null
  }
}

function isComment({ text, author, createdAt }: ShareComment): boolean {
  const isText = typeof text === 'string' && text !== '' && text.length <= MAX_COMMENT_LENGTH
  const isName = author === null || (typeof author === 'string' && author.length <= MAX_NAME_LENGTH)
  return isText && isName && typeof createdAt === 'number' && Math.abs(createdAt) <= MAX_TIME
}
