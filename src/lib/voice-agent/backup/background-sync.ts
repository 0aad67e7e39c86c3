import { startTimer } from '../../../../middleware/waiting.js'
import { check, checkFunctions } from '../options/check-options.js'
import type { SyncReport } from './backup-engine.js'
import type { OpenBackup } from './open-backup.js'

/** Options of `Backup.syncAfterSaves`. */
export interface BackgroundSyncOptions {
  /** Minimum milliseconds between two syncs. @default 30000 */
  intervalMs?: number
  /** Called after each sync. */
  onSync?: (report: SyncReport) => void
  /** Called if a sync fails. It is retried after the next save, when the browser is online again, or after `intervalMs`. */
  onError?: (error: unknown) => void
}

/** Milliseconds between two syncs. A sync costs some requests, and a conversation is saved several times a minute. */
const INTERVAL_MS = 30_000

interface SyncPorts {
  open(): Promise<Pick<OpenBackup, 'engine' | 'changes'>>
  sync(): Promise<SyncReport>
  /** Calls the listener each time that a backup was created or unlocked. Returns an unsubscribe function. */
  onUnlocked(listener: () => void): () => void
}

/** Syncs now and after changes, one at a time, and not more often than the interval. */
export function startSyncing(
  { open, sync, onUnlocked }: SyncPorts,
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

  const unsubscribe = onUnlocked(() => {
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
