import { describe, expect, onTestFinished, test } from 'vitest'
import { workerStore } from '../../../src/storage/stores.js'
import { type ByteStore, createDeviceKeyProvider, storeConformance } from '../../../src/storage.js'
import { freshName } from './persisted-store.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

const workers: Worker[] = []
const createWorker = () => {
  const worker = new Worker(new URL('./opfs.worker.ts', import.meta.url), { type: 'module' })
  workers.push(worker)
  return worker
}
const open = workerStore(createWorker)

describe('OPFS in a worker', () => {
  for (const { name, run } of storeConformance(open)) test(name, { timeout: 120_000 }, run)
})

const put = (store: ByteStore, key: string, value: Uint8Array) =>
  store.write({ expect: [], remove: [], put: [{ key, value, updatedAt: 1 }], durability: 'relaxed' })

async function openStore(databaseName: string): Promise<ByteStore> {
  const store = await open(databaseName)
  onTestFinished(() => store.close())
  return store
}

async function keysOf(store: ByteStore): Promise<string[]> {
  const { ranges } = await store.read({ keys: [], ranges: [{ lower: '', upper: '~' }] })
  return (ranges[0] ?? []).map(({ key }) => key)
}

async function directoryOf(databaseName: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return (await root.getDirectoryHandle('redux-voice-agent')).getDirectoryHandle(databaseName)
}

async function filesOf(databaseName: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  const entries = (await directoryOf(databaseName)) as unknown as AsyncIterable<
    [string, FileSystemFileHandle]
  >
  for await (const [name, handle] of entries) {
    files.set(name, new Uint8Array(await (await handle.getFile()).arrayBuffer()))
  }
  return files
}

async function putFile(databaseName: string, name: string, bytes: Uint8Array): Promise<void> {
  const handle = await (await directoryOf(databaseName)).getFileHandle(name, { create: true })
  const writable = await handle.createWritable()
  await writable.write(bytes.slice())
  await writable.close()
}

const bytes = (length: number, fill = 7) => new Uint8Array(length).fill(fill)

test('a truncated write is skipped, and the next one follows the last complete one', async () => {
  const name = freshName('opfs')
  const first = await openStore(name)
  await put(first, 'a', bytes(100))
  await put(first, 'b', bytes(100))
  await first.close()
  const [file = bytes(0)] = (await filesOf(name)).values()
  // At various lengths of the last write.
  const start = file.length - 100
  for (const length of [start - 40, start - 1, start, start + 50, file.length - 1]) {
    await putFile(name, '1', file.slice(0, length))
    const store = await openStore(name)
    expect(await keysOf(store)).toEqual(['a'])
    await put(store, 'c', bytes(10))
    await store.close()
    const again = await openStore(name)
    expect(await keysOf(again)).toEqual(['a', 'c'])
    await again.close()
  }
})

test('damage in the middle of the log loses what is damaged, not what was stored after it', async () => {
  const name = freshName('opfs')
  const first = await openStore(name)
  for (const key of ['a', 'b', 'c']) await put(first, key, bytes(50, key.charCodeAt(0)))
  await first.close()
  const [file = bytes(0)] = (await filesOf(name)).values()
  const damaged = file.slice()
  damaged[file.indexOf('b'.charCodeAt(0), 120)] = 0
  const inB = file.lastIndexOf('b'.charCodeAt(0)) - 10
  damaged[inB] = 0
  await putFile(name, '1', damaged)
  expect(await keysOf(await openStore(name))).toEqual(['a', 'c'])
})

test('a log that is mostly garbage is rewritten while another tab has it open', async () => {
  const name = freshName('opfs')
  const [store, other] = [await openStore(name), await openStore(name)]
  await put(other, 'kept', bytes(10))
  for (let round = 0; round < 50; round++) await put(round % 2 ? store : other, 'a', bytes(100_000, round))
  const size = [...(await filesOf(name)).values()].reduce((sum, file) => sum + file.length, 0)
  expect(size).toBeLessThan(3_000_000)
  for (const one of [store, other, await openStore(name)]) {
    const { values } = await one.read({ keys: ['a', 'kept'], ranges: [] })
    expect(values).toEqual([bytes(100_000, 49), bytes(10)])
  }
})

test('a tab that cannot look for a newer log writes nothing into the replaced one', async () => {
  const name = freshName('opfs')
  const worker = new Worker(new URL('./opfs-failing.worker.ts', import.meta.url), { type: 'module' })
  const other = await workerStore(() => worker)(name)
  onTestFinished(() => other.close())
  await put(other, 'kept', bytes(10))
  const store = await openStore(name)
  for (let round = 0; !(await filesOf(name)).has('2'); round++) await put(store, 'a', bytes(100_000, round))
  worker.postMessage({ isFailing: true })
  await expect(put(other, 'lost', bytes(10))).rejects.toThrow('The file system fails.')
  worker.postMessage({ isFailing: false })
  expect(await put(other, 'stored', bytes(10))).toBe('written')
  expect(await keysOf(store)).toEqual(['a', 'kept', 'stored'])
})

test('an interrupted compaction leaves the log unchanged', async () => {
  const name = freshName('opfs')
  const store = await openStore(name)
  await put(store, 'a', bytes(10))
  await putFile(name, '2', new Uint8Array(500))
  await put(store, 'b', bytes(10))
  expect(await keysOf(store)).toEqual(['a', 'b'])
  expect(await keysOf(await openStore(name))).toEqual(['a', 'b'])
  expect([...(await filesOf(name)).keys()]).toEqual(['1'])
})

test('a log of a newer version is neither replaced nor deleted', async () => {
  const name = freshName('opfs')
  const first = await openStore(name)
  await put(first, 'a', bytes(10))
  await first.close()
  const [file = bytes(0)] = (await filesOf(name)).values()
  const newer = file.slice()
  newer[4] = 2
  await putFile(name, '1', newer)
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(openStore(name)).rejects.toThrow('The log 1 of the store has an unknown format.')
  expect([...(await filesOf(name))]).toEqual([['1', newer]])
})

test('a write is stored even if the log cannot be rewritten', async () => {
  const name = freshName('opfs')
  const store = await openStore(name)
  await put(store, 'a', bytes(10))
  // The file system refuses a file with the name of a directory.
  await (await directoryOf(name)).getDirectoryHandle('2', { create: true })
  for (let round = 0; round < 30; round++)
    expect(await put(store, 'a', bytes(100_000, round))).toBe('written')
  const { values } = await store.read({ keys: ['a'], ranges: [] })
  expect(values).toEqual([bytes(100_000, 29)])
})

test('a worker that is stopped at any moment loses nothing that it has confirmed', async () => {
  const name = freshName('opfs')
  const answered = new Set<string>()
  for (let round = 0; round < 20; round++) {
    const store = await open(name)
    const worker = workers.at(-1) as Worker
    const writes = Array.from({ length: 20 }, async (_, index) => {
      const key = `${round}/${index}`
      await put(store, key, bytes(20_000, index))
      answered.add(key)
      if (index === round) worker.terminate()
    })
    // Writes after the stop never settle.
    await Promise.race([Promise.all(writes), writes[round]])
  }
  const keys = await keysOf(await openStore(name))
  expect(answered.size).toBeGreaterThan(20)
  expect(keys).toEqual(expect.arrayContaining([...answered]))
})

test('a conversation survives a reload in OPFS, without a database', async () => {
  const persistence = {
    databaseName: freshName('opfs'),
    store: open,
    keyProvider: createDeviceKeyProvider({ databaseName: freshName('device-key') }),
  }
  const first = await openTalkingTab(persistence, 'teapot')
  expect(first.state().session).toMatchObject({ storage: 'persistent', error: null })
  await first.voiceAgent.dispose()
  const second = openPage(persistence)
  expect(await second.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
  expect(second.texts()).toEqual(['teapot'])
  await second.voiceAgent.dispose()
  const third = openTab(persistence)
  expect(await third.sessionManager.listSessions()).toMatchObject([{ id: first.id }])
  await third.voiceAgent.dispose()
  const names = (await indexedDB.databases()).map(({ name }) => name)
  expect(names).not.toContain(persistence.databaseName)
  const text = [...(await filesOf(persistence.databaseName)).values()]
    .map((file) => new TextDecoder('latin1').decode(file))
    .join('')
  expect(text).toContain(first.id)
  expect(text).not.toContain('teapot')
})

test('a failing worker rejects every call, and none waits forever', async () => {
  const store = await open(freshName('opfs'))
  const worker = workers.at(-1) as Worker
  const pending = store.read({ keys: ['a'], ranges: [] })
  worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }))
  await expect(pending).rejects.toThrow('out of memory')
  await expect(store.read({ keys: ['a'], ranges: [] })).rejects.toThrow('out of memory')
})
