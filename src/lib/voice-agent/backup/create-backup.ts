import { VoiceAgentError } from '../../../../store/index.js'
import { callListener } from '../agent/emitter.js'
import { check, checkDatabase, checkMethods, checkNames, isName } from '../options/check-options.js'
import { type BackgroundSyncOptions, startSyncing } from './background-sync.js'
import type { BackupEngine, BackupSession, OnProgress, SyncReport } from './backup-engine.js'
import { type BackupOptions, type OpenBackup, openBackup } from './open-backup.js'
import type { BackupRestoreReport } from './restore-session.js'
import type { BackupSecret } from './vault.js'

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
  // Without its scope and database name, the backup would have another user's conversations.
  const { persistence } = options as { persistence?: unknown }
  const isLeftOut = () => persistence === undefined
  check(
    { 'createBackup: persistence': persistence },
    isLeftOut,
    'left out: pass its options directly, as in { objects, ...persistence }',
  )
  let opening: Promise<OpenBackup> | null = null
  let isClosed = false
  const stops = new Set<() => void>()
  const listeners = new Set<(event: BackupEvent) => void>()

  function open(): Promise<OpenBackup> {
    if (isClosed) return Promise.reject(new VoiceAgentError('storage-unavailable'))
    opening ??= openBackup(options)
    const current = opening
    current.catch(() => {
      // Lets the next call try again.
      if (opening === current) opening = null
    })
    return current
  }

  async function openCurrent(): Promise<OpenBackup> {
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
    const subscription = (event: BackupEvent) => listener(event)
    listeners.add(subscription)
    return () => void listeners.delete(subscription)
  }

  /** Calls the listener each time that a backup was created or unlocked. Returns an unsubscribe function. */
  const onUnlocked = (listener: () => void) =>
    subscribe(({ operation, phase }) => {
      if (phase === 'done' && (operation === 'create' || operation === 'unlock')) listener()
    })

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
      const stop = startSyncing({ open: openCurrent, sync, onUnlocked }, background)
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
