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

/** A stored session as listed, without decrypting its messages. Times are milliseconds since the epoch. */
export interface SessionSummary {
  id: string
  /** Tab that saved it last. */
  tabId: string
  createdAt: number
  updatedAt: number
  messageCount: number
  /** True if another tab has it open, so it can't be restored here until that tab releases it. Always false without Web Locks. */
  isOpenElsewhere: boolean
  /**
   * Id of the session that this is a recovered copy of; absent for all others. Two tabs had continued that session without each other's
   * last messages, so both versions are kept.
   */
  recoveredFrom?: string
}

/** Selects a page of the stored sessions. */
export interface ListOptions {
  /** Maximum number of sessions. @default all */
  limit?: number | undefined
  /** Last session of the previous page; this page starts after it. @default starts with the session that was updated last */
  before?: Pick<SessionSummary, 'id' | 'updatedAt'> | undefined
}

/** How much of a session to read. */
export type RestoreDepth = 'newest' | 'all'

/** Part of a conversation. */
export interface MessageRange {
  messages: Message[]
  /** Index of the first of these messages in the whole conversation. */
  firstLoadedIndex: number
  /** Messages in this range that could not be decrypted; absent if there are none. */
  lost?: LostMessages[]
}

/**
 * A session as it was read. `firstLoadedIndex` counts messages that are not loaded yet and lost messages: neither are in
 * `messages`, but both are part of the conversation.
 */
export interface StoredSession extends SessionSnapshot {
  messages: Message[]
  lost?: LostMessages[]
  /** Problem with a session that could still be read. */
  warning?: VoiceError
  /** Protection of its key; absent if it has none. */
  keyProtection?: KeyProtection
}

/**
 * Storage engine: a redux-persist storage whose items are whole session snapshots, keyed by session id and stored as
 * encrypted records. Writes only changes, in order, each in one transaction.
 */
export interface SessionRecords extends Storage {
  /** Opens the database. Calls `onStatus` when the storage status is known, and on every change. Never rejects. */
  open(onStatus: (status: StorageStatus, error: VoiceError | null) => void): Promise<StorageStatus>
  /** Calls the listener when all stored data may be lost, so that everything must be saved again under a higher revision. */
  onLost(listener: () => void): void
  /**
   * Creates the session's key, so that its token and first messages can be encrypted. Resolves with the key's protection.
   * Rejects without any change: with `session-exists` if the session is already stored, with `session-open-elsewhere` if another tab owns it.
   */
  create(sessionId: string): Promise<KeyProtection | null> | Promise<void>
  /**
   * Reads a session, and acquires its ownership for this tab. Resolves with null if there is no such session.
   * Rejects without any change: with `session-unreadable` if it can't be decrypted, with `session-open-elsewhere` if another tab owns
   * it.
   */
  getItem(sessionId: string): Promise<StoredSession | null>
  /**
   * Resolves when the snapshot is on disk, with the protection of the session's key, which a save may create or replace. Skips a revision that
   * is not above the last written one.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a custom storage may resolve with nothing.
  setItem(sessionId: string, snapshot: SessionSnapshot): Promise<KeyProtection | null | void>
  /** Deletes the session and its key, in one transaction. */
  removeItem(sessionId: string): Promise<void>
  /** Lists the sessions, last updated first. A storage may return more than requested. */
  list(options?: ListOptions): Promise<SessionSummary[]>
  /** Calls the listener with sessions that the storage deleted because they expired, or because the disk was full. */
  onDeleted?(listener: (sessionIds: readonly string[], reason: 'expired' | 'quota') => void): void
  /** Encrypts the changes in a snapshot ahead of the write, so that they are ready if the page closes. */
  stage(snapshot: SessionSnapshot): void
  /** Writes all staged data to the journal synchronously, because the page is closing. */
  flushSync(): void
  /**
   * Reads the session again after the page was in the back/forward cache. Resolves with it if another page has changed it, with null if
   * this page still has the newest version. Never rejects: problems are reported as a status.
   */
  reloadIfNewer(sessionId: string): Promise<StoredSession | null>
  /**
   * Finds the session that the tab with this id saved last; null if there is none. Called on page load if the tab's token
   * could not be stored. Without this method, nothing is restored in that case.
   */
  findSessionOfTab?(tabId: string): Promise<string | null>
  /** Lets other tabs open the session, once everything is saved. */
  release(sessionId: string): Promise<void>
  /** Blocks all writes to this session until it is read again, because its stored data could not be used. */
  quarantine(sessionId: string, error: unknown): void
  /** Reads the segment before `index`, or everything before it. */
  readEarlier(sessionId: string, index: number, depth: RestoreDepth): Promise<MessageRange>
  /**
   * Deletes some of the sessions not updated since `before`, except those in `keep`. Resolves with their number: 0 if there
   * are no more, while another tab is deleting them, or until their age is proven.
   */
  removeExpired(before: number, keep: readonly string[]): Promise<number>
  close(): Promise<void>
}

/** The user's decision about the tab's call, if no stored session records it; null if there is none. */
export type CallIntent = 'wanted' | 'ended' | null

/** Identity of this tab. */
export interface TabIdentity {
  /**
   * `isDuplicate`: sessionStorage was copied from a tab that is still open, so its contents belong to that tab. `copiedFrom`: that tab's id,
   * if known.
   */
  claim(): Promise<{ tabId: string; isDuplicate: boolean; copiedFrom?: string }>
  release(): void
  /** Saves the decision for the tab's next page. If called several times before `claim` settles, the last call wins. */
  setCallIntent(intent: CallIntent): void
  /** Returns the decision of this page, or else of the previous page. Called after `claim`. A duplicated tab ignores the copied decision. */
  callIntent(): CallIntent
  /** True if the token of this tab's session could not be stored, so the session must be found by the tab's id. */
  isTokenMissing?(): boolean
}

/** The user whose data is stored, and their consent. */
export interface StoragePlace {
  /** Identifies the user whose conversations are stored, as any text; null for no particular user. @default unchanged, initially null */
  scope?: string | null
  /** False keeps everything in memory. @default unchanged, initially true */
  consent?: boolean
}

/** A channel between the tabs that show the same session. */
export interface SessionChannel {
  /** Also the prefix of its members' Web Locks. */
  name: string
  key: CryptoKey
}

/** All stored data of a tab. */
export interface VoiceStorage {
  records: SessionRecords
  tokens: TokenVault
  tab: TabIdentity
  /**
   * Deletes everything stored for the current scope, for all tabs, and resolves when the deletion is on disk. Pages that still hold
   * some of the data don't write it afterwards.
   *
   * @default deletes the listed sessions one by one, and the token
   */
  eraseAll?(): Promise<void>
  /** Closes the storage cleanly, and continues at another place. Without it, the scope can't be changed. */
  reopen?(place: StoragePlace): Promise<void>
  /** Calls the listener when another tab has erased everything, so that none of it may be shown or stored any longer. */
  onErased?(listener: () => void): void
  /** Calls the listener when sessions were saved, deleted, opened or released, by this tab or another one. */
  onChanged?(listener: (sessionIds: string[]) => void): void
  /** Calls the listener when the storage is almost full, and not again until there has been more room. */
  onAlmostFull?(listener: (fill: { usedBytes: number; quotaBytes: number }) => void): void
  /**
   * Returns the name of a channel between the tabs that show this session, and the session's key, which encrypts the channel's messages. Null
   * if the session has no key, for example because it was deleted. Doesn't acquire the session. Without it, tabs can't mirror each other.
   */
  channelOf?(sessionId: string): Promise<SessionChannel | null>
  /** Loads the tools. Without it, using them fails with `invalid-option`. */
  tools?(): Promise<StorageTools>
}

/** The storage that an agent works on: nothing is optional, because `createStorage` adds what an app's own storage lacks. */
export interface AgentStorage extends Required<VoiceStorage> {
  records: Required<SessionRecords>
  tokens: Required<TokenVault>
  tab: Required<TabIdentity>
}

/** Options of {@link StorageTools.exportSession} and {@link StorageTools.importSession}. */
export interface FileOptions {
  /** Passphrase of the file; not empty. Normalised to Unicode NFC before use. Never stored, logged or put into the state. */
  passphrase: string
  /** Cancels the operation, which then rejects with the signal's reason. @default never */
  signal?: AbortSignal | undefined
}

/** Condition of a stored session, from {@link StorageTools.check}. */
export interface StoredSessionReport {
  id: string
  /** Why the session can't be opened: `session-unreadable`, `key-wrong`, `key-unavailable`, …; null if it can. */
  error: VoiceError | null
  /** Record format version of its head. */
  formatVersion: number
  messageCount: number
  /** Messages that could not be decrypted, if the session itself can be opened. */
  lost: LostMessages[]
  /** Estimated bytes on disk. */
  bytes: number
  isOpenElsewhere: boolean
}

/** A stored key, and how many records it decrypts. */
export interface KeyReport {
  /** `session/<id>` or `value/<name>`, with the id or name encoded as in a URI. */
  owner: string
  protection: KeyProtection
  /** Why this page can't use the key: `key-wrong`, `key-unavailable`, `session-unreadable`. Null if it can, or didn't need to. */
  error: VoiceError | null
  /** Number of heads, segments and values that it decrypts. */
  opened: number
  /** Number of heads, segments and values that it does not decrypt, or that are missing or outdated copies. */
  refused: number
}

/** Records that belong to no stored session. */
export interface StorageOrphan {
  /** `records`: a session's records without a head. `marker`: a marker that keeps a session. `journal`: in this tab's sessionStorage. */
  kind: 'records' | 'key' | 'mark' | 'marker' | 'journal'
  /** As in {@link KeyReport}. */
  owner: string
  /** Number of records. */
  records: number
  /** Estimated bytes of the records on disk. */
  bytes: number
  /**
   * `no-key`: no key decrypts them. `no-session`: the session that they refer to doesn't exist. `no-head`: their key exists, so they may be
   * a conversation. `unused`: a key, perhaps for the journal of a closed tab.
   */
  reason: 'no-key' | 'no-session' | 'no-head' | 'unused'
  /** True if they can't be a conversation, so {@link StorageTools.repair} deletes them. Always false without Web Locks. */
  isProven: boolean
}

/** Result of `check()`. */
export interface StorageReport {
  /** Version of the record format that this build writes. */
  formatVersion: number
  /** Sorted by id. */
  sessions: StoredSessionReport[]
  keys: KeyReport[]
  orphans: StorageOrphan[]
  /** Number of records with names that the package never creates. They are left alone. */
  unknownRecords: number
}

/** Result of `repair()`. */
export interface RepairReport {
  removed: StorageOrphan[]
  /** Orphans that are not proven, that a page has started to use, or that could not be deleted. */
  left: StorageOrphan[]
}

/** Options of `storageUsage()`. */
export interface UsageOptions {
  /** Sessions to measure. @default all, which reads the whole database */
  sessionIds?: readonly string[] | undefined
}

/** Bytes on disk. Null for numbers that the browser doesn't reveal. */
export interface StorageUsage {
  /** Estimated bytes of each measured session that is stored. */
  sessions: { id: string; bytes: number }[]
  /** Total of the measured sessions. */
  totalBytes: number
  /** Bytes used by the origin, and its quota, from `navigator.storage.estimate()`. */
  usedBytes: number | null
  quotaBytes: number | null
  /** True if the browser never evicts the data (`requestPersistentStorage`). */
  isPersisted: boolean | null
}

/** A session as last saved. */
export interface ReadOnlySnapshot {
  /** Loaded messages. The newest are loaded first. A streaming message has the text of the last save. */
  messages: readonly Message[]
  /** Number of messages before the loaded ones, including lost messages. */
  firstLoadedIndex: number
  /** True if {@link ReadOnlySession.loadEarlier} may find more. */
  hasEarlier: boolean
  /** Messages of the whole conversation. */
  messageCount: number
  /** Time of the last save, in milliseconds since the epoch. */
  updatedAt: number
  lost: LostMessages[]
  /** True while another tab has the session open. */
  isOpenElsewhere: boolean
  /** Why the session can't be read now, for example `session-missing` if it was deleted; there are no messages then. Null if it can. */
  error: VoiceError | null
}

/** A stored session that can be read while another tab has it open. */
export interface ReadOnlySession {
  readonly id: string
  /** Returns the current snapshot: the same object until something changes. */
  get(): ReadOnlySnapshot
  /** Calls the listener after each save, and when the session is opened, released or deleted. Returns an unsubscribe function. */
  subscribe(listener: () => void): () => void
  /** Loads the previous segment of messages. */
  loadEarlier(): Promise<void>
  /** Stops following the session, and drops the messages. */
  close(): void
}

/** Options of {@link StorageTools.search}. */
export interface SearchOptions {
  /** Maximum number of messages. @default 50 */
  limit?: number | undefined
  /** Cancels the search, which then rejects with the signal's reason. @default never */
  signal?: AbortSignal | undefined
}

/** A stored message that matches a search. */
export interface FoundMessage {
  sessionId: string
  /** Index of the message in the whole conversation, lost messages included. */
  index: number
  message: Message
}

/** Operations on stored sessions that pages rarely need. The code is loaded on first use. */
export interface StorageTools {
  /**
   * Encrypts a stored session into one file.
   *
   * @throws VoiceAgentError `session-missing`, `session-unreadable`, `invalid-option`
   */
  exportSession(sessionId: string, options: FileOptions): Promise<Blob>
  /**
   * Imports a session from an exported file, with its own new key. Never replaces stored data.
   *
   * @throws VoiceAgentError `passphrase-wrong`, `file-truncated`, `file-damaged`, `file-newer`, `storage-quota`, `storage-write-failed`
   */
  importSession(file: Blob, options: FileOptions): Promise<SessionSummary>
  /** Decrypts everything stored, and reports its condition. Changes nothing. */
  check(): Promise<StorageReport>
  /** Deletes proven orphans. */
  repair(): Promise<RepairReport>
  measureUsage(options: UsageOptions): Promise<StorageUsage>
  /** Finds messages in all stored sessions, newest first. Skips sessions that can't be read. */
  search?(query: string, options: SearchOptions): Promise<FoundMessage[]>
  /** Returns the names of sessions by id, or else their first words. Leaves out sessions that can't be read or have no words. */
  readTitles?(sessionIds: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Opens a session without acquiring it, and follows its saves. */
  openReadOnly(sessionId: string): Promise<ReadOnlySession>
}

export interface PersistenceTiming {
  /** Milliseconds between the last change and the save. */
  debounceMs: number
  /** Maximum milliseconds between the first unsaved change and the save. */
  maxWaitMs: number
  /** The app's version number of the stored state. */
  version: number
  /** Milliseconds between a session's last update and its deletion. */
  retentionMs: number
}

/** Detects that the page is closing, or may be closing: on a phone, only `hidden` is certain to fire. */
export interface PageLifecycle {
  /** Calls the listener on hidden, freeze and pagehide, and on beforeunload while dirty. Returns an unsubscribe function. */
  onPageHide(listener: () => void): () => void
  /** Calls the listener when the page is restored from the back/forward cache. Returns an unsubscribe function. */
  onBfcacheRestore(listener: () => void): () => void
  /** Sets if there are unsaved changes. The `beforeunload` listener is only attached while there are, and a little longer. */
  setDirty(isDirty: boolean): void
  /** Runs a callback when the browser is idle. Returns a function that cancels it. */
  whenIdle(run: () => void): () => void
}
