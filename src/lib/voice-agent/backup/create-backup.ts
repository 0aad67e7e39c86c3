import { startTimer } from '../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { callListener } from '../agent/emitter.js'
import {
  check,
  checkDatabase,
  checkFunctions,
  checkMethods,
  checkNames,
  isName,
} from '../options/check-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import type { DatabaseOptions } from '../storage/database/open-database.js'
import { scopedName } from '../storage/scoped-name.js'
import { createDeletions } from '../storage/tabs/deletion-channel.js'
import { acquireFree, createOwnership } from '../storage/tabs/ownership.js'
import { createSessionChanges, type SessionChanges } from '../storage/tabs/session-changes.js'
import { BackupEngine, type BackupSession, type OnProgress, type SyncReport } from './backup-engine.js'
import { BackupError } from './backup-error.js'
import { createBackupState } from './backup-state.js'
import { indexedDeviceKeys } from './device-key.js'
import { checkObjects, type ObjectStore } from './object-store.js'
import type { BackupRestoreReport } from './restore-session.js'
import type { BackupSecret } from './vault.js'

/** Options of {@link createBackup}. Database options are the same as in the agent's `persistence`. */
export interface BackupOptions extends DatabaseOptions {
  /** Store for the encrypted objects: `presignedStore` or your own. Use one folder per user. */
  objects: ObjectStore
  /** The same as the agent's `persistence.scope`. @default null */
  scope?: string | null
}

/** A method of {@link Backup} that changes something. */
export type BackupOperation =
  | 'create'
  | 'unlock'
  | 'sync'
  | 'restore'
  | 'deleteSession'
  | 'startNewDevice'
  | 'forget'

/** Reports an operation of this object, also a background sync: each one starts, and is done or fails. */
export type BackupEvent =
  | { operation: BackupOperation; phase: 'started' | 'done' }
  /** Number of conversations that a sync or a restore has dealt with, and of all that it will. */
  | { operation: BackupOperation; phase: 'progress'; done: number; total: number }
  | { operation: BackupOperation; phase: 'failed'; error: unknown }

/** Options of {@link Backup.syncAfterSaves}. */
export interface BackgroundSyncOptions {
  /** Minimum milliseconds between two syncs. @default 30000 */
  intervalMs?: number
  /** Called after each sync. */
  onSync?: (report: SyncReport) => void
  /** Called if a sync fails. It is retried after the next save, when the browser is online again, or after `intervalMs`. */
  onError?: (error: unknown) => void
}

/**
 * An encrypted backup of the conversations in this browser.
 *
 * Methods reject with a `BackupError`, with a `VoiceAgentError` of the local storage, or, with a passkey, with a `PasskeyError`. Operations of all tabs run one after another.
 */
export interface Backup {
  /** `locked`: call `create` or `unlock`. `open`: this browser has the backup's key, even after a reload. */
  status(): Promise<'locked' | 'open'>
  /** Asks the store for a backup, also of another device: `unlock` opens it, and `create` makes one. @throws BackupError `backup-unreachable` */
  exists(): Promise<boolean>
  /**
   * Returns when this browser's last complete sync began, in ms since the epoch: the backup has what was saved until then. A sync that skips
   * a session is not complete. Null before the first one.
   */
  syncedAt(): Promise<number | null>
  /** Calls the listener for each step of an operation. Returns an unsubscribe function. */
  subscribe(listener: (event: BackupEvent) => void): () => void
  /**
   * Creates a new backup and opens it. Each secret opens it alone, so choose them well. Always include a recovery code.
   *
   * @throws BackupError `backup-exists`, `backup-unsupported`, `backup-code-mistyped`, `backup-unreachable`
   */
  create(secrets: readonly BackupSecret[]): Promise<void>
  /**
   * Opens the backup in this browser, as another device. Does nothing if it is already open.
   *
   * @throws BackupError `backup-missing`, `backup-secret-wrong`, `backup-code-mistyped`, `backup-unsupported`, `backup-unreachable`, and the
   * errors of `sync`
   */
  unlock(secret: BackupSecret): Promise<void>
  /** Adds a secret that opens the backup. Earlier secrets still open it. @throws BackupError `backup-locked`, `backup-unreachable` */
  addSecret(secret: BackupSecret): Promise<void>
  /**
   * Uploads changes since the last sync, and deletes sessions that another device deleted. Restores nothing.
   *
   * @throws BackupError `backup-locked`, `backup-unreachable`, `backup-rolled-back`, `backup-forked`, `backup-altered`, `backup-incomplete`,
   * `backup-newer`
   */
  sync(): Promise<SyncReport>
  /**
   * Syncs now, after each save, and when the browser is online again. While the backup is locked, it waits for `create` or `unlock`. Returns
   * a function that stops it.
   *
   * @throws VoiceAgentError `invalid-option` for an `intervalMs` that is not a number from 0
   */
  syncAfterSaves(options?: BackgroundSyncOptions): () => void
  /** Lists the sessions of the backup, last updated first. @throws as {@link sync} */
  list(): Promise<BackupSession[]>
  /**
   * Restores sessions, and messages that other devices added. A session is written only after all of it was verified.
   *
   * @param ids Ids of sessions. @default all of the backup
   * @throws as {@link sync}, for the backup as a whole. Errors of single sessions are in `skipped`.
   */
  restore(ids?: readonly string[]): Promise<BackupRestoreReport>
  /**
   * Deletes a session in this browser, in the backup, and on the other devices when they sync.
   *
   * @throws BackupError `backup-session-missing`, `backup-session-open` if a tab has it open, and the errors of {@link sync}
   */
  deleteSession(id: string): Promise<void>
  /** Continues as a new device, because a copy of this browser profile uses the old one (`backup-forked`). */
  startNewDevice(): Promise<void>
  /** Removes the backup's key from this browser. The backup and the conversations stay. */
  forget(): Promise<void>
  /** Stops background syncs and closes the database. An operation that is running rejects with `storage-unavailable` before its next request. */
  close(): Promise<void>
}

interface Opened {
  engine: BackupEngine
  /** Resolves to true if a page has erased the database since it was opened. */
  isErased(): Promise<boolean>
  changes: SessionChanges
  close(): Promise<void>
}

/** Milliseconds between two syncs. A sync costs some requests, and a conversation is saved several times a minute. */
const INTERVAL_MS = 30_000

/**
 * Creates an encrypted backup of the conversations in this browser. Opens nothing and shows no prompt until a method is called.
 *
 * @throws VoiceAgentError `invalid-option`, also from the methods
 * @example
 * const backup = createBackup({ objects, scope: user.id })
 * await backup.unlock({ passphrase })
 * await backup.restore()
 * const stop = backup.syncAfterSaves({ onError: (error) => showBackupProblem(error) })
 */
export function createBackup(options: BackupOptions): Backup {
  checkMethods({ 'createBackup: objects': options?.objects }, ['put', 'get', 'list', 'delete'])
  checkNames({ 'createBackup: scope': options.scope ?? undefined })
  checkDatabase(options, 'createBackup: ')
  let opening: Promise<Opened> | null = null
  let isClosed = false
  const stops = new Set<() => void>()
  const listeners = new Set<(event: BackupEvent) => void>()

  function open(): Promise<Opened> {
    if (isClosed) return Promise.reject(new VoiceAgentError('storage-unavailable'))
    opening ??= openBackup(options)
    const current = opening
    current.catch(() => {
      // Lets the next call try again.
      if (opening === current) opening = null
    })
    return current
  }

  async function openCurrent(): Promise<Opened> {
    const current = open()
    const opened = await current
    if (!(await opened.isErased())) return opened
    // A page has erased the database, and this connection writes nothing any longer. The backup is locked in the new database.
    if (opening === current) {
      opening = null
      await opened.close()
    }
    return open()
  }

  const withEngine = async <T>(task: (engine: BackupEngine) => Promise<T>) =>
    task((await openCurrent()).engine)

  function emit(event: BackupEvent): void {
    for (const listener of [...listeners]) callListener(() => listener(event))
  }

  function subscribe(listener: (event: BackupEvent) => void): () => void {
    // Another function for each call, so that a listener may subscribe twice.
    const own = (event: BackupEvent) => listener(event)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  async function run<T>(
    operation: BackupOperation,
    task: (engine: BackupEngine, onProgress: OnProgress) => Promise<T>,
  ): Promise<T> {
    emit({ operation, phase: 'started' })
    try {
      const onProgress: OnProgress = (done, total) => emit({ operation, phase: 'progress', done, total })
      const result = await withEngine((engine) => task(engine, onProgress))
      emit({ operation, phase: 'done' })
      return result
    } catch (error) {
      emit({ operation, phase: 'failed', error })
      throw error
    }
  }

  const sync = () => run('sync', (engine, onProgress) => engine.sync(onProgress))

  return {
    subscribe,
    status: () => withEngine(async (engine) => ((await engine.isOpen()) ? 'open' : 'locked')),
    exists: () => withEngine((engine) => engine.exists()),
    syncedAt: () => withEngine((engine) => engine.syncedAt()),
    async create(secrets) {
      checkSecrets(secrets)
      await run('create', (engine) => engine.create(secrets))
    },
    async unlock(secret) {
      checkSecret(secret)
      await run('unlock', (engine) => engine.unlock(secret))
    },
    async addSecret(secret) {
      checkSecret(secret)
      await withEngine((engine) => engine.addSecret(secret))
    },
    sync,
    list: () => withEngine((engine) => engine.list()),
    async restore(ids) {
      check({ 'backup: ids': ids }, () => ids === undefined || Array.isArray(ids), 'a list of ids')
      return run('restore', (engine, onProgress) => engine.restore(ids, onProgress))
    },
    deleteSession: (id) => run('deleteSession', (engine) => engine.deleteSession(id)),
    startNewDevice: () => run('startNewDevice', (engine) => engine.startNewDevice()),
    forget: () => run('forget', (engine) => engine.forget()),
    syncAfterSaves(background = {}) {
      const stop = startSyncing({ open: openCurrent, sync, subscribe }, background)
      stops.add(stop)
      return () => {
        stops.delete(stop)
        stop()
      }
    },
    async close() {
      isClosed = true
      for (const stop of stops) stop()
      stops.clear()
      await (await opening?.catch(() => null))?.close()
    },
  }
}

function checkSecret(secret: BackupSecret): void {
  const { passphrase, recoveryCode, passkey } = Object(secret) as Partial<Record<string, unknown>>
  // A wrong recovery code has an error of its own.
  const isSecret = () =>
    isName(passphrase) ||
    typeof recoveryCode === 'string' ||
    (Boolean(passkey) && typeof passkey === 'object')
  check(
    { 'backup: a secret': secret },
    isSecret,
    '{ passphrase }, { recoveryCode } or { passkey }, not empty',
  )
}

function checkSecrets(secrets: readonly BackupSecret[]): void {
  const isList = () => Array.isArray(secrets) && secrets.length > 0
  check({ 'backup: secrets': secrets }, isList, 'a list of at least one secret that opens the backup')
  secrets.forEach(checkSecret)
}

async function openBackup(options: BackupOptions): Promise<Opened> {
  if (globalThis.crypto?.subtle === undefined) throw new BackupError('backup-unsupported')
  const { DEFAULT_DATABASE_NAME, openDatabase } = await importWithUnloadRetry(
    () => import('../storage/database/open-database.js'),
  )
  const databaseName = await scopedName(options.databaseName ?? DEFAULT_DATABASE_NAME, options.scope ?? null)
  const { store, keys } = await openDatabase({ ...options, databaseName })
  const ownership = createOwnership(databaseName, 'session')
  const changes = createSessionChanges(databaseName)
  const deletions = createDeletions(databaseName)
  let isClosed = false
  const assertOpen = () => {
    if (isClosed) throw new VoiceAgentError('storage-unavailable', 'The backup was closed.')
  }
  const engine = new BackupEngine({
    store,
    keys,
    devices: indexedDeviceKeys(databaseName),
    objects: checkObjects(options.objects, assertOpen),
    state: createBackupState(store, keys),
    ownership: {
      acquire: (id) => acquireFree(ownership, id),
      release: (id) => ownership.release(id),
    },
    announce(id, isDeleted) {
      if (isDeleted) deletions.announce(id)
      changes.announce(id)
    },
    lock: (task) =>
      lock(`redux-voice-agent:${databaseName}:backup`, async () => {
        try {
          assertOpen()
          return await task()
        } finally {
          // The last step of the task may have reopened it.
          if (isClosed) store.close()
        }
      }),
  })
  return {
    engine,
    changes,
    isErased: () => store.isErased(),
    async close() {
      isClosed = true
      changes.close()
      deletions.close()
      await ownership.close()
      store.close()
    },
  }
}

/** Runs one task at a time across all tabs, because two would fork their device's chain. */
async function lock<T>(name: string, task: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined
  if (!locks) throw new BackupError('backup-unsupported')
  return locks.request(name, task) as never
}

interface SyncPorts extends Pick<Backup, 'sync' | 'subscribe'> {
  open(): Promise<Opened>
}

/** Syncs now and after changes, one at a time, and not more often than the interval. */
function startSyncing(
  { open, sync, subscribe }: SyncPorts,
  { intervalMs = INTERVAL_MS, onSync = () => {}, onError = () => {} }: BackgroundSyncOptions,
): () => void {
  const isInterval = () => typeof intervalMs === 'number' && intervalMs >= 0
  check({ 'syncAfterSaves: intervalMs': intervalMs }, isInterval, 'a number, 0 or more')
  checkFunctions({ 'syncAfterSaves: onSync': onSync, 'syncAfterSaves: onError': onError })
  let timer: ReturnType<typeof setTimeout> | null = null
  let isRunning = false
  let isDue = false
  let isStopped = false
  let stopListening = () => {}

  async function run(): Promise<void> {
    if (isRunning || isStopped) return
    isRunning = true
    isDue = false
    try {
      const { engine, changes } = await open()
      stopListening()
      stopListening = isStopped ? () => {} : changes.listen(request)
      if (!(await engine.isOpen()) || isStopped) return
      const report = await sync()
      if (!isStopped) onSync(report)
    } catch (error) {
      isDue = true
      if (!isStopped) onError(error)
    } finally {
      isRunning = false
      if (!isStopped) timer = startTimer(onInterval, intervalMs)
    }
  }

  function onInterval(): void {
    timer = null
    if (isDue) void run()
  }

  function request(): void {
    isDue = true
    if (timer === null) void run()
  }

  function runIfDue(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (isDue) void run()
  }

  const unsubscribe = subscribe(({ operation, phase }) => {
    if (phase !== 'done' || (operation !== 'create' && operation !== 'unlock')) return
    isDue = true
    runIfDue()
  })
  globalThis.addEventListener?.('online', runIfDue)
  void run()
  return () => {
    isStopped = true
    stopListening()
    unsubscribe()
    globalThis.removeEventListener?.('online', runIfDue)
    if (timer !== null) clearTimeout(timer)
  }
}
