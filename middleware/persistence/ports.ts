import type { Storage } from 'redux-persist'
import type { Message, SessionHead, SessionSnapshot, StorageStatus, VoiceError } from '../../store/index.js'

/** A stored session as the catalogue lists it, without opening its messages. */
export interface SessionSummary {
  id: string
  tabId: string
  createdAt: number
  updatedAt: number
  messageCount: number
}

/** How much of a session is read at once. */
export type RestoreDepth = 'newest' | 'all'

/** A part of a conversation. */
export interface MessageRange {
  messages: Message[]
  /** Index of the first of them in the whole conversation. */
  firstLoadedIndex: number
}

/**
 * The storage engine: a redux-persist storage whose items are whole session snapshots under their session id, kept as
 * encrypted records. It writes only what changed, in one transaction, in order.
 */
export interface SessionRecords extends Storage {
  /** Opens the database, and says once and at every change how well it keeps things. Never rejects. */
  open(onStatus: (status: StorageStatus, error: VoiceError | null) => void): Promise<StorageStatus>
  /** Makes the session's key, so that its token and its first messages can be sealed. */
  create(sessionId: string): Promise<void>
  /** Null when there is no such session; rejects with `session-unreadable` when it can't be opened, and touches nothing. */
  getItem(sessionId: string): Promise<SessionSnapshot | null>
  /** Resolves when the snapshot is on disk. A revision at or below the last one written is not written. */
  setItem(sessionId: string, snapshot: SessionSnapshot): Promise<void>
  /** Deletes the session, its key first. */
  removeItem(sessionId: string): Promise<void>
  /** Encrypts ahead of the write what a snapshot changes, so that it is ready when the page goes. */
  stage(snapshot: SessionSnapshot): void
  /** Synchronously keeps whatever is staged and not yet written: the page is going away. */
  keepStaged(): void
  /** The segment before `index`, or everything before it. */
  readEarlier(sessionId: string, index: number, depth: RestoreDepth): Promise<MessageRange>
  list(): Promise<SessionSummary[]>
  readHead(sessionId: string): Promise<SessionHead | null>
  /** Deletes sessions not updated since `before`, but for those in `keep`; gives their number. */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  close(): Promise<void>
}

/** When the page is about to go, or may be: only `hidden` is certain on a phone. */
export interface PageLifecycle {
  /** Calls on hidden, freeze, pagehide, and on beforeunload while dirty. Gives the function that stops it. */
  onGoing(listener: () => void): () => void
  /** Whether something is unsaved: beforeunload is listened to only then, for the sake of the back/forward cache. */
  setDirty(isDirty: boolean): void
  /** Calls when nothing else is to be done. Gives the function that calls it off. */
  whenIdle(run: () => void): () => void
}
