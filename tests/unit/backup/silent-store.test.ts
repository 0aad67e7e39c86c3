import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BackupError } from '../../../src/lib/voice-agent/backup/backup-error.js'
import type { ObjectStore } from '../../../src/lib/voice-agent/backup/object-store.js'
import { begin, ObjectStoreDouble } from './support.js'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }))
afterEach(() => vi.useRealTimers())

it.each([
  ['get', undefined],
  ['get', 'text'],
  ['list', undefined],
  ['list', [undefined]],
  ['list', 'names'],
] as const)('counts a store as failed, not as empty, if its %s resolves with %j', async (method, answer) => {
  const objects = new ObjectStoreDouble()
  let isBroken = false
  const first = await begin({
    put: (name, bytes) => objects.put(name, bytes),
    get: async (name) => (isBroken && method === 'get' ? (answer as never) : objects.get(name)),
    list: async (prefix) => (isBroken && method === 'list' ? (answer as never) : objects.list(prefix)),
    delete: (name) => objects.delete(name),
  })
  await first.say('s', ['one'])
  await first.engine.sync()
  isBroken = true
  await expect(first.engine.restore()).rejects.toMatchObject({
    code: 'backup-unreachable',
    cause: { message: expect.stringContaining(`${method}() of the object store must resolve with`) },
  })
  if (method === 'list')
    await expect(first.engine.exists()).rejects.toMatchObject({ code: 'backup-unreachable' })
})

it.each(['put', 'get', 'list', 'delete'] as const)(
  'fails, and lets the next operation run, if the store does not answer to %s',
  async (method) => {
    const objects = new ObjectStoreDouble()
    let isSilent = false
    let onSilent = () => {}
    const answer = <T>(called: keyof ObjectStore, run: () => Promise<T>) => {
      if (!isSilent || called !== method) return run()
      onSilent()
      return new Promise<never>(() => {})
    }
    const first = await begin({
      put: (name, bytes) => answer('put', () => objects.put(name, bytes)),
      get: (name) => answer('get', () => objects.get(name)),
      list: (prefix) => answer('list', () => objects.list(prefix)),
      delete: (name) => answer('delete', () => objects.delete(name)),
    })
    await first.say('s', ['one'])
    await first.engine.sync()
    await first.say('s', ['two'])
    await first.engine.sync()
    await first.say('s', ['three'])

    isSilent = true
    const silent = new Promise<void>((resolve) => {
      onSilent = resolve
    })
    const syncing = first.engine.sync().catch((error: unknown) => error)
    await silent
    await vi.advanceTimersByTimeAsync(120_000)
    // A failed deletion is repeated by the next sync.
    if (method === 'delete') expect(await syncing).toMatchObject({ uploaded: ['s'] })
    else expect(await syncing).toEqual(expect.objectContaining({ code: 'backup-unreachable' }))
    if (method !== 'delete') expect(await syncing).toBeInstanceOf(BackupError)

    isSilent = false
    expect(await first.engine.sync()).toMatchObject({ skipped: [] })
  },
)
