import type { PersistMigrate, Storage } from 'redux-persist'
import type { LostMessages, Message, SessionSnapshot, StorageStatus, VoiceError } from '../../store/index.js'
import type { HandlerContext } from '../context.js'
import type { RestoreSession, TabIdentity } from '../restore/ports.js'
import type { Sessions } from '../restore/sessions.js'
import type { TokenVault } from '../token-refresh/ports.js'
import type { TokenSource } from '../token-refresh/token-source.js'
import type { CallMedia } from '../webrtc/ports.js'

/** A stored session as the catalogue lists it, without opening its messages. */
export interface SessionSummary {
  id: string
  tabId: string
  createdAt: number
  updatedAt: number
  messageCount: number
  /** Another tab has it open: it can't be restored here until that one lets it go. Always false in a browser without Web Locks. */
  isOpenElsewhere: boolean
}

/** How much of a session is read at once. */
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
 * A session as it was read. What was lost is counted by `firstLoadedIndex`, as is what is not loaded yet: neither is in
 * `messages`, and both are part of the conversation.
 */
export interface StoredSession extends SessionSnapshot {
  messages: Message[]
  lost?: LostMessages[]
  /** What is wrong with it although it could be read. */
  warning?: VoiceError
}

/** What is asked of the storage while its code may not be there yet. */
export interface SessionCatalogue {
  /** Opens the database, and says once and at every change how well it keeps things. Never rejects. */
  open(onStatus: (status: StorageStatus, error: VoiceError | null) => void): Promise<StorageStatus>
  /** Makes the session's key, so that its token and its first messages can be sealed. */
  create(sessionId: string): Promise<void>
  /** Deletes the session, its key first. */
  removeItem(sessionId: string): Promise<void>
  list(): Promise<SessionSummary[]>
  /** Synchronously keeps whatever is staged and not yet written: the page is going away. */
  flushSync(): void
  close(): Promise<void>
}

/**
 * The storage engine: a redux-persist storage whose items are whole session snapshots under their session id, kept as
 * encrypted records. It writes only what changed, in one transaction, in order.
 */
export interface SessionRecords extends SessionCatalogue, Storage {
  /** Calls when what is stored may be gone, all of it: it is to be handed over once more, under a higher revision. */
  onLost(listener: () => void): void
  /**
   * Null when there is no such session. Rejects, and touches nothing, with `session-unreadable` when it can't be opened, with
   * `session-open-elsewhere` while another tab has it. From here on it is this tab's to write.
   */
  getItem(sessionId: string): Promise<StoredSession | null>
  /** Resolves when the snapshot is on disk. A revision at or below the last one written is not written. */
  setItem(sessionId: string, snapshot: SessionSnapshot): Promise<void>
  removeItem(sessionId: string): Promise<void>
  /** Encrypts ahead of the write what a snapshot changes, so that it is ready when the page goes. */
  stage(snapshot: SessionSnapshot): void
  /**
   * Reads the session anew after the page was away: when another page went on with it, what that left; null when this
   * page still has the newest. Never rejects: what is wrong is said as a status.
   */
  reloadIfNewer(sessionId: string): Promise<StoredSession | null>
  /** Lets another tab take the session up, once all of it is saved. */
  release(sessionId: string): Promise<void>
  /** Has nothing written to this session until it is read again: what is stored could not be made use of. */
  quarantine(sessionId: string, error: unknown): void
  /** The segment before `index`, or everything before it. */
  readEarlier(sessionId: string, index: number, depth: RestoreDepth): Promise<MessageRange>
  /**
   * Deletes some of the sessions not updated since `before`, but for those in `keep`, and gives their number: 0 when there
   * are no more, or while another tab deletes them.
   */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
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

/** What the facades and redux-persist's `Persistor` shape need of it. */
export interface Persistence {
  /** Writes what has changed, now. Resolves when it is on disk, or is known not to get there. */
  flush(): Promise<void>
  /** Resolves when the sessions that were ended are saved and free: before that, taking one up again would be undone. */
  ended(): Promise<void>
  /** Deletes all that was not updated for `retentionMs`, but for the running session; gives how many sessions. */
  cleanUp(): Promise<number>
  /** Null, at once, where nothing is kept. */
  restore(...given: Parameters<RestoreSession>): Promise<void> | null
  /** Stops writing until `resume`; what changes meanwhile is written then. */
  pause(): void
  resume(): void
}

/** What it takes to keep sessions. */
export interface PersistencePorts {
  records: SessionRecords
  sessions: Sessions
  timing: PersistenceTiming
  migrate?: PersistMigrate | undefined
  tokens: TokenVault
  source: TokenSource
  media: Pick<CallMedia, 'microphonePermission'>
  tab: TabIdentity
  autoReconnect: 'if-permitted' | 'always' | 'never'
}

/** Starts to keep sessions, in the storage that its code came with. */
export type StartPersistence = (
  context: HandlerContext,
  ports: Omit<PersistencePorts, 'records' | 'tokens' | 'tab'>,
) => Persistence

/** When the page is about to go, or may be: only `hidden` is certain on a phone. */
export interface PageLifecycle {
  /** Calls on hidden, freeze, pagehide, and on beforeunload while dirty. Gives the function that stops it. */
  onPageHide(listener: () => void): () => void
  /** Calls when the page comes back from the back/forward cache. Gives the function that stops it. */
  onBfcacheRestore(listener: () => void): () => void
  /** Whether something is unsaved: `beforeunload` is listened to only then and a little after. */
  setDirty(isDirty: boolean): void
  /** Calls when nothing else is to be done. Gives the function that calls it off. */
  whenIdle(run: () => void): () => void
}
