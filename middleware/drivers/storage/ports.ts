import type { Storage } from 'redux-persist'
import type {
  KeyProtection,
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
  /**
   * Id of the session of which this is a recovered copy; absent for all others. Two tabs continued that session without each other's
   * last messages, so both are kept.
   */
  recoveredFrom?: string
}

/** Selects a page of the stored sessions. */
export interface ListOptions {
  /** Maximum number of sessions. @default all */
  limit?: number | undefined
  /** The last session of the page before: the page begins behind it. @default the session that was updated last */
  before?: Pick<SessionSummary, 'id' | 'updatedAt'> | undefined
}

/** Amount of a session that is read first. */
export type RestoreDepth = 'newest' | 'all'

/** A part of a conversation. */
export interface MessageRange {
  messages: Message[]
  /** Index of the first of these messages in the whole conversation. */
  firstLoadedIndex: number
  /** Messages among them that could not be decrypted; left out if there are none. */
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
  /** Protection of its key; absent if it has none. */
  keyProtection?: KeyProtection
}

/**
 * Storage engine: a redux-persist storage whose items are whole session snapshots under their session id, stored as
 * encrypted records. It writes only changes, in one transaction, in order.
 */
export interface SessionRecords extends Storage {
  /** Opens the database. Calls `onStatus` when the storage status is known, and at every change. Never rejects. */
  open(onStatus: (status: StorageStatus, error: VoiceError | null) => void): Promise<StorageStatus>
  /** Calls when all stored data may be lost: everything must be saved again, under a higher revision. */
  onLost(listener: () => void): void
  /**
   * Creates the session's key, so that its token and its first messages can be encrypted. Resolves with the key's protection.
   * Rejects, and changes nothing, with `session-exists` if the session is stored, with `session-open-elsewhere` if another tab owns it.
   */
  create(sessionId: string): Promise<KeyProtection | null> | Promise<void>
  /**
   * Reads a session, and acquires its ownership for this tab. Null if there is no such session.
   * Rejects, and changes nothing, with `session-unreadable` if it can't be decrypted, with `session-open-elsewhere` if another tab owns
   * it.
   */
  getItem(sessionId: string): Promise<StoredSession | null>
  /** Resolves when the snapshot is on disk. A revision at or below the last one written is not written. */
  setItem(sessionId: string, snapshot: SessionSnapshot): Promise<void>
  /** Deletes the session with its key, in one transaction. */
  removeItem(sessionId: string): Promise<void>
  /** Lists the sessions, last updated first. A storage may return more than were asked for. */
  list(options?: ListOptions): Promise<SessionSummary[]>
  /** Calls with the sessions that the storage deleted by age, or because the disk is full. */
  onDeleted?(listener: (sessionIds: readonly string[], reason: 'expired' | 'quota') => void): void
  /** Encrypts the changes of a snapshot before the write, so that they are ready when the page closes. */
  stage(snapshot: SessionSnapshot): void
  /** Writes all staged data to the journal synchronously, because the page is closing. */
  flushSync(): void
  /**
   * Reads the session again after the page was away. Resolves with it if another page changed it, with null if this page still
   * has the newest. Never rejects: problems are reported as a status.
   */
  reloadIfNewer(sessionId: string): Promise<StoredSession | null>
  /**
   * Finds the session that the tab with this id saved last; null if there is none. Called on a page load if the tab's token
   * could not be stored. A storage without it restores nothing then.
   */
  findSessionOfTab?(tabId: string): Promise<string | null>
  /** Lets another tab open the session, when all of it is saved. */
  release(sessionId: string): Promise<void>
  /** Blocks all writes to this session until it is read again, because its stored data could not be used. */
  quarantine(sessionId: string, error: unknown): void
  /** Reads the segment before `index`, or everything before it. */
  readEarlier(sessionId: string, index: number, depth: RestoreDepth): Promise<MessageRange>
  /**
   * Deletes some of the sessions not updated since `before`, except those in `keep`. Resolves with their number: 0 when there
   * are no more, while another tab deletes them, or until it is proven that they are old.
   */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  close(): Promise<void>
}

/** A decision of the user on the tab's call that no stored session records; null if there is none. */
export type CallIntent = 'wanted' | 'ended' | null

/** Identity of this tab. */
export interface TabIdentity {
  /**
   * `isDuplicate`: sessionStorage was copied from a tab that is still open, so its contents are the other tab's. `copiedFrom`: the id of that
   * tab, if it is known.
   */
  claim(): Promise<{ tabId: string; isDuplicate: boolean; copiedFrom?: string }>
  release(): void
  /** Keeps the decision for the next page of this tab. The last one that was given before `claim` ends counts. */
  setCallIntent(intent: CallIntent): void
  /** Returns the decision that this page gave, or else the previous page. Called after `claim`; a duplicated tab has none of another. */
  callIntent(): CallIntent
  /** True if the token of this tab's session could not be stored, so that the session must be found by the tab's id. */
  isTokenMissing?(): boolean
}

/** Whose data a storage holds, and if it may hold any. */
export interface StoragePlace {
  /** User whose conversations these are, as any text; null without one. @default unchanged, at first null */
  scope?: string | null
  /** False keeps everything in memory. @default unchanged, at first true */
  consent?: boolean
}

/** A channel between the tabs that have one session. */
export interface SessionChannel {
  /** Also the prefix of the Web Locks of its members. */
  name: string
  key: CryptoKey
}

/** All stored data of a tab. */
export interface VoiceStorage {
  records: SessionRecords
  tokens: TokenVault
  tab: TabIdentity
  /**
   * Deletes everything that is stored for the present scope, for all tabs, and resolves when that is on disk. Nothing that a page
   * still holds of it is written afterwards.
   *
   * @default deletes each of the listed sessions, and the token
   */
  eraseAll?(): Promise<void>
  /** Closes what is open, in order, and continues at another place. Without it, the scope can't be changed. */
  reopen?(place: StoragePlace): Promise<void>
  /** Calls when another tab has erased everything: nothing of it may be shown or stored any longer. */
  onErased?(listener: () => void): void
  /** Calls when stored sessions were saved, deleted, opened or released, by this tab or another one. */
  onChanged?(listener: (sessionIds: string[]) => void): void
  /** Calls when the storage is almost full, once until it has more room again. */
  onAlmostFull?(listener: (fill: { usedBytes: number; quotaBytes: number }) => void): void
  /**
   * Returns the name of a channel between the tabs that have this session, and the session's key, which encrypts what is posted there. Null if
   * it has no key, for example because it was deleted. Acquires nothing. Without it, no tab can mirror another one.
   */
  channelOf?(sessionId: string): Promise<SessionChannel | null>
  /** Loads the tools. Without it, they are refused with `storage-unavailable`. */
  tools?(): Promise<StorageTools>
}

/** Options of {@link StorageTools.exportSession} and {@link StorageTools.importSession}. */
export interface FileOptions {
  /** Text that opens the file; not empty. It is compared after Unicode normalisation (NFC). Never stored, logged or put into the state. */
  passphrase: string
  /** Cancels the work, which then rejects with the signal's reason. @default never */
  signal?: AbortSignal | undefined
}

/** A stored session, as {@link StorageTools.check} found it. */
export interface SessionReport {
  id: string
  /** Null if it can be opened, else why not: `session-unreadable`, `key-wrong`, `key-unavailable`, … */
  error: VoiceError | null
  /** Version of its head's record format. */
  formatVersion: number
  messageCount: number
  /** Messages that could not be decrypted, of a session that can be opened. */
  lost: LostMessages[]
  /** Estimate of its bytes on disk. */
  bytes: number
  isOpenElsewhere: boolean
}

/** A stored key, and the records that it decrypts. */
export interface KeyReport {
  /** `session/<id>` or `value/<name>`, with the id or name encoded as in a URI. */
  owner: string
  protection: KeyProtection
  /** Reason why this page can't use the key: `key-wrong`, `key-unavailable`, `session-unreadable`. Null if it can, or had no need to. */
  error: VoiceError | null
  /** Number of heads, segments and values that it decrypts. */
  opened: number
  /** Number of those that it does not decrypt, or that are missing or older copies. */
  refused: number
}

/** Records that belong to no stored session. */
export interface StorageOrphan {
  /** `records`: a session's records without a head. `marker`: a mark that keeps a session. `journal`: in this tab's sessionStorage. */
  kind: 'records' | 'key' | 'mark' | 'marker' | 'journal'
  /** As in {@link KeyReport}. */
  owner: string
  /** Number of records. */
  records: number
  /** Estimate of their bytes on disk. */
  bytes: number
  /**
   * `no-key`: no key decrypts them. `no-session`: there is nothing that they are about. `no-head`: their key is there, so they may be a
   * conversation. `unused`: a key, perhaps of the journal of a closed tab.
   */
  reason: 'no-key' | 'no-session' | 'no-head' | 'unused'
  /** True if they can't be a conversation, so that {@link StorageTools.repair} deletes them. Always false without Web Locks. */
  isProven: boolean
}

export interface StorageReport {
  /** Version of the record format that this build writes. */
  formatVersion: number
  /** In the order of their ids. */
  sessions: SessionReport[]
  keys: KeyReport[]
  orphans: StorageOrphan[]
  /** Number of records under names that the package never makes. They are left alone. */
  unknownRecords: number
}

export interface RepairReport {
  removed: StorageOrphan[]
  /** Orphans that are not proven, that a page uses by now, or that could not be deleted. */
  left: StorageOrphan[]
}

export interface UsageOptions {
  /** Sessions to measure. @default all, which reads the whole database */
  sessionIds?: readonly string[] | undefined
}

/** Bytes on disk. Null for a number that the browser does not tell. */
export interface StorageUsage {
  /** Measured sessions that are stored, each with an estimate of its bytes. */
  sessions: { id: string; bytes: number }[]
  /** Sum of the measured sessions. */
  totalBytes: number
  /** Bytes that all data of the origin take, and bytes that they may take, by `navigator.storage.estimate()`. */
  usedBytes: number | null
  quotaBytes: number | null
  /** True if the browser never evicts the data (`requestPersistentStorage`). */
  isPersisted: boolean | null
}

/** A session as it was saved last. */
export interface ReadOnlySnapshot {
  /** Loaded messages, the newest ones first of all. A streaming one has the text of the last save. */
  messages: readonly Message[]
  /** Number of messages before the loaded ones and of lost messages. */
  firstLoadedIndex: number
  /** True if {@link ReadOnlySession.loadEarlier} may find more. */
  hasEarlier: boolean
  /** Messages of the whole conversation. */
  messageCount: number
  /** Time of the last save, in milliseconds since the epoch. */
  updatedAt: number
  lost: LostMessages[]
  /** True while another tab has it open. */
  isOpenElsewhere: boolean
  /** Reason why it can't be read now: `session-missing` if it was deleted. Then there are no messages. Null if it can. */
  error: VoiceError | null
}

/** A stored session that can be read while another tab has it open. */
export interface ReadOnlySession {
  readonly id: string
  /** Returns the same object until something changes. */
  get(): ReadOnlySnapshot
  /** Calls after each save, and when the session is opened, released or deleted. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
  /** Loads the segment of messages before the loaded ones. */
  loadEarlier(): Promise<void>
  /** Stops following, and drops the messages. */
  close(): void
}

/** Options of {@link StorageTools.search}. */
export interface SearchOptions {
  /** Maximum number of messages. @default 50 */
  limit?: number | undefined
  /** Cancels the search, which then rejects with the signal's reason. @default never */
  signal?: AbortSignal | undefined
}

/** A stored message that contains what was searched for. */
export interface FoundMessage {
  sessionId: string
  /** Index of the message in the whole conversation, lost messages included. */
  index: number
  message: Message
}

/** Work on stored sessions that pages seldom need. Its code is loaded when it is first called. */
export interface StorageTools {
  /**
   * Encrypts a stored session into one file.
   *
   * @throws VoiceAgentError `session-missing`, `session-unreadable`, `invalid-option`
   */
  exportSession(sessionId: string, options: FileOptions): Promise<Blob>
  /**
   * Stores the session of such a file under a key of its own. Replaces nothing that is stored.
   *
   * @throws VoiceAgentError `passphrase-wrong`, `file-truncated`, `file-damaged`, `file-newer`, `storage-quota`, `storage-write-failed`
   */
  importSession(file: Blob, options: FileOptions): Promise<SessionSummary>
  /** Decrypts everything that is stored, and reports. Changes nothing. */
  check(): Promise<StorageReport>
  /** Deletes proven orphans. */
  repair(): Promise<RepairReport>
  measureUsage(options: UsageOptions): Promise<StorageUsage>
  /** Finds messages in all stored sessions, the last first. A session that can't be read is left out. */
  search?(query: string, options: SearchOptions): Promise<FoundMessage[]>
  /** Reads the names of sessions, or else their first words, by id. One that can't be read, or has no words, is left out. */
  readTitles?(sessionIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Reads a session without acquiring it, and follows its saves. */
  openReadOnly(sessionId: string): Promise<ReadOnlySession>
}

export interface PersistenceTiming {
  /** Milliseconds between the last change and the save. */
  debounceMs: number
  /** Maximum milliseconds between the first unsaved change and the save. */
  maxWaitMs: number
  /** The app's version of the stored state. */
  version: number
  /** Milliseconds after its last update until a session is deleted. */
  retentionMs: number
}

/** Detects that the page closes, or may be closing: on a phone only `hidden` is certain. */
export interface PageLifecycle {
  /** Calls on hidden, freeze, pagehide, and on beforeunload while dirty. Returns an unsubscribe function. */
  onPageHide(listener: () => void): () => void
  /** Calls when the page is restored from the back/forward cache. Returns an unsubscribe function. */
  onBfcacheRestore(listener: () => void): () => void
  /** Sets if something is unsaved, because `beforeunload` is listened to only then and a little after. */
  setDirty(isDirty: boolean): void
  /** Calls when the browser is idle. Returns a function that cancels the call. */
  whenIdle(run: () => void): () => void
}
