/**
 * Permissions of a share, each including the previous ones: `view` reads the messages, `comment` reads and adds comments, `continue` starts
 * a new conversation with the messages.
 */
export type ShareRole = 'view' | 'comment' | 'continue'

export const shareRoles: readonly ShareRole[] = ['view', 'comment', 'continue']

/** True if the role may add comments. */
export const canComment = (role: ShareRole): boolean => role !== 'view'

/** Fields that the server reads. They are authenticated, so changing one makes the share unreadable. */
export interface ShareHeader {
  /** 16 random bytes in base64url, created in the browser. */
  id: string
  role: ShareRole
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** A share as the server stores it, without the key. */
export interface StoredShare extends Omit<ShareHeader, 'id'> {
  /** Version of the format. */
  v: number
  /** The encrypted messages, in base64url. */
  data: string
  /** The share's key, encrypted for one person; absent if the link has the key. */
  wrappedKey?: string
}

/** A new share, with hashes of the secrets that later requests send: SHA-256, in base64url. */
export interface NewShare extends StoredShare {
  /** Hash of the secret that revokes the share. */
  revokeHash: string
  /** Hash of the secret that adds comments. Absent for the role `view`. */
  commentHash?: string
}

/** An encrypted comment. */
export interface StoredComment {
  /** 16 random bytes in base64url. The server stores one comment for each id. */
  id: string
  /** The encrypted text, in base64url. */
  data: string
}

/**
 * The browser's interface to your server. `httpShareServer` calls one that implements the guide's protocol; for another, such as a database
 * with rules, implement these methods. Each rejects with a `ShareError`: `share-missing`, `share-expired`, `share-revoked`,
 * `share-refused`, `share-full`, `share-too-large` or `share-unreachable`. Any other error counts as `share-unreachable`. Give each method a
 * time limit, because a user waits for it. The limit of `httpShareServer` is 30 s.
 */
export interface ShareServer {
  /**
   * Stores a share under its id. Refuses an id that is taken. Let only signed-in users call it. Pass `signal` to the request. If it aborts,
   * the share is revoked once this method has settled, because the server may have stored it.
   */
  put(id: string, share: NewShare, options?: { signal?: AbortSignal | undefined }): Promise<void>
  get(id: string): Promise<StoredShare>
  /** Deletes the share and its comments, if the secret matches `revokeHash`. Later requests fail with `share-revoked`. */
  revoke(id: string, secret: string): Promise<void>
  /** Appends a comment, if the secret matches `commentHash`. Ignores an id that is already stored. */
  addComment(id: string, secret: string, comment: StoredComment): Promise<void>
  /** Lists the comments after the first `from` ones, oldest first. */
  listComments(id: string, from: number): Promise<StoredComment[]>
}

/** Encrypts a share's key for one person. Any error other than a `ShareError` counts as `share-key-wrong`. @param info Binds the result to the share. */
export type WrapShareKey = (key: Uint8Array, info: Uint8Array) => Promise<string>

/** Decrypts a share's key. Any error other than a `ShareError` counts as `share-key-wrong`. @throws ShareError `share-key-wrong` */
export type UnwrapShareKey = (wrapped: string, info: Uint8Array) => Promise<Uint8Array>
