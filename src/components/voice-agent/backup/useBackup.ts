import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import {
  type Backup,
  BackupError,
  type BackupErrorCode,
  type BackupEvent,
  type BackupOperation,
  type BackupRestoreReport,
  type BackupSession,
  createRecoveryCode,
  type SyncReport,
} from '../../../lib/voice-agent/backup/index.js'
import { check } from '../../../lib/voice-agent/options/check-options.js'
import { parseRecoveryCode } from '../../../lib/voice-agent/passkey/recovery-code.js'

/**
 * Screen of the backup. `failed`: `retry()` looks again. `off`: `begin()` starts to turn the backup on, then `passphrase` waits for
 * `choose(passphrase)`, `code` shows the recovery code until `next()`, and `confirm` waits for `confirm(code)`. `locked`: waits for
 * `unlock(secret)`. `on`: the backup is open in this browser.
 */
export type BackupView = 'loading' | 'failed' | 'off' | 'passphrase' | 'code' | 'confirm' | 'locked' | 'on'

/** An operation that runs. The numbers count conversations, and are absent until they are known. */
export interface BackupRun {
  operation: BackupOperation
  done?: number
  total?: number
}

/** Outcome of the user's last command. */
export type BackupOutcome =
  | { kind: 'turned-on' | 'unlocked' | 'deleted' | 'stopped' | 'new-device' }
  | { kind: 'synced'; report: SyncReport }
  | { kind: 'restored'; report: BackupRestoreReport }

/** State and commands for a UI of your own. A command is ignored while another one runs. */
export interface BackupFlow {
  view: BackupView
  /** Error of the last command or background sync: a code of the backup, `storage` for any other one; null if there was none. */
  error: BackupErrorCode | 'storage' | null
  /** Null until a command succeeds. */
  outcome: BackupOutcome | null
  /** True while a command runs. */
  isBusy: boolean
  /** The operation that runs now, also a background sync; null if there is none. */
  running: BackupRun | null
  /** False if the browser knows that it is offline. */
  isOnline: boolean
  /** The recovery code, for the view `code` alone. */
  recoveryCode: string | null
  /** Conversations in the backup, last updated first; null until they are read. */
  sessions: readonly BackupSession[] | null
  /** Time of the last complete sync, in ms since the epoch. */
  syncedAt: number | null
  begin(): void
  choose(passphrase: string): void
  next(): void
  /** Shows the code again. */
  showCode(): void
  /** Checks the typed code. If it is right, makes the backup and syncs. */
  confirm(code: string): void
  /** Leaves the steps before the backup is turned on, and drops the passphrase and the code. */
  cancel(): void
  unlock(secret: { passphrase: string } | { recoveryCode: string }): void
  sync(): void
  /** @param ids Ids of sessions. @default all of the backup */
  restore(ids?: readonly string[]): void
  deleteSession(id: string): void
  startNewDevice(): void
  forget(): void
  /** Repeats what failed. */
  retry(): void
}

/** The secrets of a backup that is not made yet. They stay in memory, and only until it is. */
interface NewSecrets {
  passphrase: string
  recoveryCode: string
  /** True after an attempt whose end is unknown, because the connection was lost. */
  wasTried: boolean
}

/** Resolves to the outcome to show. */
type Task = () => Promise<BackupOutcome | null>

const codeOf = (error: unknown) => (error instanceof BackupError ? error.code : 'storage')

function isSameCode(typed: string, code: string): boolean {
  try {
    return parseRecoveryCode(typed) === parseRecoveryCode(code)
  } catch {
    return false
  }
}

async function create(backup: Backup, secrets: NewSecrets): Promise<void> {
  const { passphrase, recoveryCode, wasTried } = secrets
  try {
    await backup.create([{ passphrase }, { recoveryCode }])
  } catch (error) {
    if (codeOf(error) === 'backup-unreachable') secrets.wasTried = true
    if (!wasTried || codeOf(error) !== 'backup-exists') throw error
    // The lost attempt has created it, or another device with the same passphrase, which has another code.
    await backup.unlock({ passphrase })
    await backup.addSecret({ recoveryCode })
  }
}

/** Returns the running operations after an event. The last one started is the last one in the list. */
function nextRunning(running: readonly BackupRun[], event: BackupEvent): readonly BackupRun[] {
  const { operation } = event
  if (event.phase === 'started') return [...running, { operation }]
  const index = running.findIndex((run) => run.operation === operation)
  if (event.phase !== 'progress') return running.filter((_, at) => at !== index)
  const { done, total } = event
  return running.map((run, at) => (at === index ? { operation, done, total } : run))
}

function subscribeToOnline(listener: () => void): () => void {
  addEventListener('online', listener)
  addEventListener('offline', listener)
  return () => {
    removeEventListener('online', listener)
    removeEventListener('offline', listener)
  }
}

/**
 * Runs the steps of a backup for a UI of your own. Create the backup once, outside of the component.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * const { view, sync } = useBackup(backup)
 * if (view === 'on') return <button onClick={sync}>Sync now</button>
 */
export function useBackup(backup: Backup): BackupFlow {
  check({ backup }, () => typeof backup?.subscribe === 'function', 'the result of createBackup()')
  const [view, setView] = useState<BackupView>('loading')
  const [error, setError] = useState<BackupFlow['error']>(null)
  const [outcome, setOutcome] = useState<BackupOutcome | null>(null)
  const [isBusy, setIsBusy] = useState(false)
  const [running, setRunning] = useState<readonly BackupRun[]>([])
  const [sessions, setSessions] = useState<readonly BackupSession[] | null>(null)
  const [syncedAt, setSyncedAt] = useState<number | null>(null)
  const isOnline = useSyncExternalStore(
    subscribeToOnline,
    () => navigator.onLine,
    () => true,
  )
  const secrets = useRef<NewSecrets | null>(null)
  /** Counts backups and mounts, so that the result of an earlier one is ignored. */
  const generation = useRef(0)
  const isRunning = useRef(false)
  const failed = useRef<{ tasks: Task[]; isBackground: boolean } | null>(null)

  const fail = useCallback((thrown: unknown, tasks: Task[], isBackground: boolean) => {
    const code = codeOf(thrown)
    failed.current = { tasks, isBackground }
    setError(code)
    setOutcome(null)
    setView((shown) => {
      if (shown === 'loading') return 'failed'
      return (shown === 'on' && code === 'backup-locked') || code === 'backup-exists' ? 'locked' : shown
    })
    if (code === 'backup-exists') {
      secrets.current = null
      failed.current = null
    }
  }, [])

  /** Runs tasks one after another, and shows the outcome of the last one. A retry begins with the task that failed. */
  const run = useCallback(
    async (...tasks: Task[]) => {
      if (isRunning.current) return
      const own = generation.current
      isRunning.current = true
      failed.current = null
      setIsBusy(true)
      setError(null)
      setOutcome(null)
      let next = 0
      try {
        let result: BackupOutcome | null = null
        for (; next < tasks.length; next++) result = (await tasks[next]?.()) ?? null
        if (own === generation.current) setOutcome(result)
      } catch (thrown) {
        if (own === generation.current) fail(thrown, tasks.slice(next), false)
      } finally {
        if (own === generation.current) {
          isRunning.current = false
          setIsBusy(false)
        }
      }
    },
    [fail],
  )

  useEffect(() => {
    const own = ++generation.current
    const isStale = () => own !== generation.current
    let reads = 0
    let loads = 0
    isRunning.current = false
    failed.current = null
    setIsBusy(false)
    setRunning([])
    setSessions(null)
    setSyncedAt(null)

    async function readContents(): Promise<null> {
      const read = ++reads
      const isOld = () => isStale() || read !== reads
      const at = await backup.syncedAt()
      if (isOld()) return null
      setSyncedAt(at)
      const listed = await backup.list()
      if (!isOld()) setSessions(listed)
      return null
    }

    async function load(): Promise<null> {
      const own = ++loads
      setView('loading')
      const status = await backup.status()
      const next = status === 'open' ? 'on' : (await backup.exists()) ? 'locked' : 'off'
      if (isStale() || own !== loads) return null
      setView(next)
      if (next === 'on') runInBackground(readContents)
      return null
    }

    /** Runs beside the user's commands, and does not delay them. */
    function runInBackground(task: Task): void {
      task().catch((thrown) => {
        if (!isStale()) fail(thrown, [task], true)
      })
    }

    const unsubscribe = backup.subscribe((event) => {
      const { operation, phase } = event
      setRunning((all) => nextRunning(all, event))
      if (phase === 'failed' && operation === 'sync' && !isRunning.current)
        fail(event.error, [async () => ({ kind: 'synced', report: await backup.sync() })], true)
      if (phase !== 'done') return
      if (failed.current?.isBackground && operation === 'sync') {
        failed.current = null
        setError(null)
      }
      if (operation === 'forget') {
        setSessions(null)
        setSyncedAt(null)
        runInBackground(load)
        return
      }
      if (operation === 'create' || operation === 'unlock') {
        // A load that began earlier does not know that the backup is open.
        loads++
        setView('on')
        // Another panel made the backup.
        if (!isRunning.current) secrets.current = null
      }
      runInBackground(readContents)
    })
    void run(load)
    return () => {
      generation.current++
      secrets.current = null
      unsubscribe()
    }
  }, [backup, run, fail])

  /** Returns a task that syncs after a step of a command. Its closure holds no secret, because a retry may come much later. */
  const syncFor =
    (kind: 'turned-on' | 'new-device'): Task =>
    async () => {
      await backup.sync()
      return { kind }
    }

  return {
    view,
    error,
    outcome,
    isBusy,
    running: running.at(-1) ?? null,
    isOnline,
    recoveryCode: view === 'code' ? (secrets.current?.recoveryCode ?? null) : null,
    sessions,
    syncedAt,
    begin() {
      setError(null)
      setOutcome(null)
      setView('passphrase')
    },
    choose(passphrase) {
      secrets.current = { passphrase, recoveryCode: createRecoveryCode(), wasTried: false }
      setView('code')
    },
    next: () => setView('confirm'),
    showCode() {
      if (isRunning.current) return
      setError(null)
      setView('code')
    },
    confirm(code) {
      const chosen = secrets.current
      if (!chosen) return
      void run(async () => {
        if (!isSameCode(code, chosen.recoveryCode)) throw new BackupError('backup-code-mistyped')
        await create(backup, chosen)
        secrets.current = null
        return null
      }, syncFor('turned-on'))
    },
    cancel() {
      if (isRunning.current) return
      secrets.current = null
      failed.current = null
      setError(null)
      setView('off')
    },
    unlock(secret) {
      void run(async () => {
        await backup.unlock(secret)
        return { kind: 'unlocked' }
      })
    },
    sync() {
      void run(async () => ({ kind: 'synced', report: await backup.sync() }))
    },
    restore(ids) {
      void run(async () => ({ kind: 'restored', report: await backup.restore(ids) }))
    },
    deleteSession(id) {
      void run(async () => {
        await backup.deleteSession(id)
        return { kind: 'deleted' }
      })
    },
    startNewDevice() {
      void run(async () => {
        await backup.startNewDevice()
        return null
      }, syncFor('new-device'))
    },
    forget() {
      void run(async () => {
        await backup.forget()
        return { kind: 'stopped' }
      })
    },
    retry() {
      if (failed.current) void run(...failed.current.tasks)
    },
  }
}
