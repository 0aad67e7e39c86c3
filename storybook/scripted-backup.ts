import {
  type Backup,
  BackupError,
  type BackupErrorCode,
  type BackupEvent,
  type BackupOperation,
  type BackupRestoreReport,
  type BackupSession,
  type SyncReport,
} from 'redux-voice-agent/backup'
import { storyTime } from './clock.js'

/** State of a backup that stories and tests show. */
export interface BackupScene {
  /** @default 'none' */
  state?: 'none' | 'locked' | 'open'
  sessions?: readonly BackupSession[]
  syncedAt?: number | null
  /** Errors by method. A test may change them. */
  fails?: Partial<Record<BackupOperation | 'exists' | 'list', BackupErrorCode>>
  restores?: Partial<BackupRestoreReport>
  syncs?: Partial<SyncReport>
  /** Operation that does not end, with its progress. */
  hangs?: { operation: BackupOperation | 'exists'; done?: number; total?: number }
}

/** A backup without an object store, a key and a database. */
export function scriptedBackup(scene: BackupScene): Backup & { calls: string[] } {
  const listeners = new Set<(event: BackupEvent) => void>()
  const calls: string[] = []
  const emit = (event: BackupEvent) => {
    for (const listener of [...listeners]) listener(event)
  }
  const failIf = (name: keyof NonNullable<BackupScene['fails']>) => {
    const code = scene.fails?.[name]
    if (code) throw new BackupError(code)
  }
  async function run<T>(operation: BackupOperation, task: () => T): Promise<T> {
    calls.push(operation)
    emit({ operation, phase: 'started' })
    try {
      await Promise.resolve()
      if (scene.hangs?.operation === operation) {
        const { done = 0, total = 0 } = scene.hangs
        if (total > 0) emit({ operation, phase: 'progress', done, total })
        await new Promise<never>(() => {})
      }
      failIf(operation)
      const result = task()
      emit({ operation, phase: 'done' })
      return result
    } catch (error) {
      emit({ operation, phase: 'failed', error })
      throw error
    }
  }
  return {
    calls,
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    status: async () => (scene.state === 'open' ? 'open' : 'locked'),
    async exists() {
      if (scene.hangs?.operation === 'exists') await new Promise<never>(() => {})
      failIf('exists')
      return scene.state !== undefined && scene.state !== 'none'
    },
    syncedAt: async () => scene.syncedAt ?? null,
    async list() {
      failIf('list')
      return [...(scene.sessions ?? [])]
    },
    create: () =>
      run('create', () => {
        scene.state = 'open'
      }),
    unlock: () =>
      run('unlock', () => {
        scene.state = 'open'
      }),
    addSecret: async () => {},
    sync: () =>
      run('sync', () => {
        scene.syncedAt = storyTime
        return { uploaded: [], deleted: [], skipped: [], ...scene.syncs }
      }),
    syncAfterSaves: () => () => {},
    restore: () =>
      run('restore', () => ({ restored: [], updated: [], copied: [], skipped: [], ...scene.restores })),
    deleteSession: (id) =>
      run('deleteSession', () => {
        scene.sessions = scene.sessions?.filter((session) => session.id !== id) ?? []
      }),
    startNewDevice: () =>
      run('startNewDevice', () => {
        scene.fails = {}
      }),
    forget: () =>
      run('forget', () => {
        scene.state = 'locked'
      }),
    close: async () => {},
  }
}
