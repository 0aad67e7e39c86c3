import {
  type Backup,
  type BackupEvent,
  createBackup,
  createRecoveryCode,
  type ObjectStore,
} from 'redux-voice-agent/backup'
import { createPassphraseKeyProvider } from 'redux-voice-agent/storage'
import { expect, it, onTestFinished, vi } from 'vitest'
import { openTab, openTalkingTab } from '../storage/voice-app.js'
import { objectStoreDouble } from './object-store-double.js'

const passphrase = 'correct horse battery staple'

const newName = () => `backup-${crypto.randomUUID()}`

function openBackup(store: ObjectStore, databaseName: string, more = {}): Backup {
  const backup = createBackup({ objects: store, databaseName, ...more })
  onTestFinished(() => backup.close())
  return backup
}

it("restores an agent's conversation in another browser, where an agent continues it", async () => {
  const { store, objects } = objectStoreDouble()
  const first = await openTalkingTab({ databaseName: newName() }, 'a secret word')
  const backup = openBackup(store, first.databaseName)
  expect(await backup.status()).toBe('locked')
  await backup.create([{ passphrase }, { recoveryCode: createRecoveryCode() }])
  expect(await backup.sync()).toEqual({ uploaded: [first.id], deleted: [], skipped: [] })
  for (const [name, bytes] of objects) {
    expect(name).not.toContain(first.id)
    expect(new TextDecoder().decode(bytes)).not.toContain('secret word')
  }

  const databaseName = newName()
  const restoring = openBackup(store, databaseName)
  await restoring.unlock({ passphrase })
  expect(await restoring.restore()).toEqual({ restored: [first.id], updated: [], copied: [], skipped: [] })
  const second = openTab({ databaseName })
  await second.sessionManager.initialize()
  expect(await second.sessionManager.restoreSession(first.id)).toBeTruthy()
  expect(second.texts()).toEqual(['a secret word'])

  // Both are open now, so neither may be changed under its tab.
  await second.agent.connect()
  second.agent.sendText('and another')
  await second.persistor.flush()
  expect(await restoring.sync()).toMatchObject({ uploaded: [first.id] })
  expect(await backup.restore()).toMatchObject({ updated: [], skipped: [{ code: 'backup-session-open' }] })
  await expect(backup.deleteSession(first.id)).rejects.toMatchObject({ code: 'backup-session-open' })
})

it("stays open after a reload, and locked for another user, with a provider's key", async () => {
  const { store } = objectStoreDouble()
  const databaseName = newName()
  const keyProvider = createPassphraseKeyProvider('local', { iterations: 10 })
  const backup = openBackup(store, databaseName, { keyProvider, scope: 'ann' })
  await backup.create([{ passphrase }])
  await backup.close()
  await expect(backup.status()).rejects.toMatchObject({ code: 'storage-unavailable' })
  expect(await openBackup(store, databaseName, { keyProvider, scope: 'ann' }).status()).toBe('open')
  expect(await openBackup(store, databaseName, { keyProvider, scope: 'bob' }).status()).toBe('locked')
  const thief = createPassphraseKeyProvider('guess', { iterations: 10 })
  await expect(
    openBackup(store, databaseName, { keyProvider: thief, scope: 'ann' }).status(),
  ).rejects.toMatchObject({ code: 'key-wrong' })
})

it('stores a signing key that no script can export', async () => {
  const { store } = objectStoreDouble()
  const databaseName = newName()
  await openBackup(store, databaseName).create([{ passphrase }])
  const request = indexedDB.open(`${databaseName}-backup`)
  const db = await new Promise<IDBDatabase>((resolve) => {
    request.onsuccess = () => resolve(request.result)
  })
  const all = db.transaction('devices').objectStore('devices').getAll()
  const [device] = await new Promise<{ privateKey: CryptoKey }[]>((resolve) => {
    all.onsuccess = () => resolve(all.result)
  })
  db.close()
  expect(device?.privateKey).toMatchObject({ type: 'private', extractable: false })
})

it('syncs after a save, and retries after a failure when the browser is back online', async () => {
  const { store, objects } = objectStoreDouble()
  const tab = await openTalkingTab({ databaseName: newName() }, 'first')
  const backup = openBackup(store, tab.databaseName)
  await backup.create([{ passphrase }])
  const onSync = vi.fn()
  const onError = vi.fn()
  let isDown = false
  const failing: ObjectStore = {
    ...store,
    list: async (prefix) => {
      if (isDown) throw new Error('503')
      return store.list(prefix)
    },
  }
  const watching = openBackup(failing, tab.databaseName)
  const stop = watching.syncAfterSaves({ intervalMs: 50, onSync, onError })
  await vi.waitFor(() => expect(onSync).toHaveBeenCalledWith(expect.objectContaining({ uploaded: [tab.id] })))
  isDown = true
  tab.agent.sendText('second')
  await tab.persistor.flush()
  await vi.waitFor(() =>
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'backup-unreachable' })),
  )
  isDown = false
  const before = objects.size
  onSync.mockClear()
  dispatchEvent(new Event('online'))
  await vi.waitFor(() => expect(onSync).toHaveBeenCalledWith(expect.objectContaining({ uploaded: [tab.id] })))
  expect(objects.size).toBeGreaterThan(before)
  stop()
})

it('waits with syncs after saves while the backup is locked, and begins when it is made', async () => {
  const { store, objects } = objectStoreDouble()
  const tab = await openTalkingTab({ databaseName: newName() }, 'first')
  const backup = openBackup(store, tab.databaseName)
  const onSync = vi.fn()
  const onError = vi.fn()
  const stop = backup.syncAfterSaves({ intervalMs: 20, onSync, onError })
  tab.agent.sendText('second')
  await tab.persistor.flush()
  expect(await backup.status()).toBe('locked')
  expect(objects.size).toBe(0)
  await backup.create([{ passphrase }])
  await vi.waitFor(() => expect(onSync).toHaveBeenCalledWith(expect.objectContaining({ uploaded: [tab.id] })))
  expect(onError).not.toHaveBeenCalled()
  stop()
})

it('reports each operation, also one that fails, until the listener is removed', async () => {
  const { store } = objectStoreDouble()
  const tab = await openTalkingTab({ databaseName: newName() }, 'first')
  const backup = openBackup(store, tab.databaseName)
  const events: BackupEvent[] = []
  const stop = backup.subscribe((event) => events.push(event))
  expect(await backup.exists()).toBe(false)
  await backup.sync().catch(() => {})
  await backup.create([{ passphrase }])
  expect(await backup.syncedAt()).toBeNull()
  await backup.sync()
  expect(await backup.syncedAt()).toBeLessThanOrEqual(Date.now())
  expect(events).toEqual([
    { operation: 'sync', phase: 'started' },
    { operation: 'sync', phase: 'failed', error: expect.objectContaining({ code: 'backup-locked' }) },
    { operation: 'create', phase: 'started' },
    { operation: 'create', phase: 'done' },
    { operation: 'sync', phase: 'started' },
    { operation: 'sync', phase: 'progress', done: 0, total: 1 },
    { operation: 'sync', phase: 'done' },
  ])
  stop()
  await backup.sync()
  expect(events).toHaveLength(7)
})

it("removes a conversation that another device deleted, and the tab's list notices", async () => {
  const { store, objects } = objectStoreDouble()
  const tab = await openTalkingTab({ databaseName: newName() }, 'gone soon')
  const backup = openBackup(store, tab.databaseName)
  await backup.create([{ passphrase }])
  await backup.sync()
  await tab.sessionManager.endSession?.()
  await tab.voiceAgent.dispose()

  const other = openBackup(store, newName())
  await other.unlock({ passphrase })
  await other.deleteSession(tab.id)
  expect([...objects.keys()].filter((name) => name.startsWith('object/'))).toEqual([])
  await vi.waitFor(async () => expect(await backup.sync()).toMatchObject({ deleted: [tab.id] }))
  const later = openTab({ databaseName: tab.databaseName })
  await later.sessionManager.initialize()
  expect((await later.sessionManager.listSessions()).map(({ id }) => id)).not.toContain(tab.id)
})
