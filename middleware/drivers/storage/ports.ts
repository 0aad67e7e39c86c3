import type { Storage } from 'redux-persist'
import type {
  LostMessages,
  Message,
  SessionSnapshot,
  StorageStatus,
  VoiceError,
} from '../../../store/index.js'
import type { TokenVault } from '../token/ports.js'

/** A stored session as the catalogue lists it, without opening its messages. */
export interface SessionSummary {
  id: string
  tabId: string
  createdAt: number
  updatedAt: number
  messageCount: number
  /** Another tab has it open: it can't be restored here until that tab releases it. Always false in a browser without Web Locks. */
  isOpenElsewhere: boolean
}

/** How much of a session is read first. */
export type RestoreDepth = 'newest' | 'all'

/** A part of a conversation. */
export interface MessageRange {
  messages: Message[]
  /** Index of the first of them in the whole conversation. */
  firstLoadedIndex: number
  /** Those among them that could not be opened, when there are any. */
  lost?: LostMessages[]
}

/**
 * A session as it was read. `firstLoadedIndex` counts messages that are not loaded yet and messages that were lost: neither is in
 * `messages`, and both are part of the conversation.
 */
export interface StoredSession extends SessionSnapshot {
  messages: Message[]
  lost?: LostMessages[]
  /** A problem with a session that could be read nevertheless. */
  warning?: VoiceError
}

/**
 * The storage engine: a redux-persist storage whose items are whole session snapshots under their session id, kept as
 * encrypted records. It writes only what changed, in one transaction, in order.
 */
export interface SessionRecords extends Storage {
  /** Opens the database. Calls `onStatus` once it is known how well it stores, and at every change. Never rejects. */
  open(onStatus: (status: StorageStatus, error: VoiceError | null) => void): Promise<StorageStatus>
  /** Calls when everything stored may be gone: it must be handed over once more, under a higher revision. */
  onLost(listener: () => void): void
  /** Makes the session's key, so that its token and its first messages can be encrypted. */
  create(sessionId: string): Promise<void>
  /**
   * Null when there is no such session. Rejects, and touches nothing, with `session-unreadable` when it can't be opened, with
   * `session-open-elsewhere` while another tab owns it. From here on this tab owns it.
   */
  getItem(sessionId: string): Promise<StoredSession | null>
  /** Resolves when the snapshot is on disk. A revision at or below the last one written is not written. */
  setItem(sessionId: string, snapshot: SessionSnapshot): Promise<void>
  /** Deletes the session, its key first. */
  removeItem(sessionId: string): Promise<void>
  list(): Promise<SessionSummary[]>
  /** Encrypts ahead of the write what a snapshot changes, so that it is ready when the page goes. */
  stage(snapshot: SessionSnapshot): void
  /** Synchronously journals whatever is staged and not yet written: the page is going away. */
  flushSync(): void
  /**
   * Reads the session again after the page was away. Resolves with it when another page changed it, with null when this page still
   * has the newest. Never rejects: problems are reported as a status.
   */
  reloadIfNewer(sessionId: string): Promise<StoredSession | null>
  /** Lets another tab open the session, once all of it is saved. */
  release(sessionId: string): Promise<void>
  /** Allows no write to this session until it is read again: what is stored could not be used. */
  quarantine(sessionId: string, error: unknown): void
  /** The segment before `index`, or everything before it. */
  readEarlier(sessionId: string, index: number, depth: RestoreDepth): Promise<MessageRange>
  /**
   * Deletes some of the sessions not updated since `before`, except those in `keep`. Resolves with their number: 0 when there
   * are no more, or while another tab deletes them.
   */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  close(): Promise<void>
}

/** Identity of this tab. */
export interface TabIdentity {
  /** `isDuplicate`: sessionStorage was copied from a tab that is still open, so its contents are the other tab's. */
  claim(): Promise<{ tabId: string; isDuplicate: boolean }>
  release(): void
  /** Remembers, for the next page of this tab, whether a call was requested that has no session yet. */
  setPendingCall(isWanted: boolean): void
  /** Whether the page before this one left such a call: once. Asked after `claim`; a duplicated tab has none. */
  consumePendingCall(): boolean
}

/** Everything of a tab that is stored. */
export interface VoiceStorage {
  records: SessionRecords
  tokens: TokenVault
  tab: TabIdentity
}

export interface PersistenceTiming {
  /** Milliseconds after the last change. */
  debounceMs: number
  /** Milliseconds after the first change that is not yet written. */
  maxWaitMs: number
  /** The app's version of the stored state. */
  version: number
  /** Milliseconds that a session is kept after its last update. */
  retentionMs: number
}

/** When the page is about to go, or may be: on a phone only `hidden` is certain. */
export interface PageLifecycle {
  /** Calls on hidden, freeze, pagehide, and on beforeunload while dirty. Returns an unsubscribe function. */
  onPageHide(listener: () => void): () => void
  /** Calls when the page comes back from the back/forward cache. Returns an unsubscribe function. */
  onBfcacheRestore(listener: () => void): () => void
  /** Whether something is unsaved: `beforeunload` is listened to only then and a little after. */
  setDirty(isDirty: boolean): void
  /** Calls when the browser is idle. Returns a function that cancels the call. */
  whenIdle(run: () => void): () => void
}
