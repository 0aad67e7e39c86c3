import fc from 'fast-check'
import { expect, it, onTestFinished } from 'vitest'
import { createFileWriter, openFile } from '../../../src/lib/voice-agent/storage/tools/file-format.js'
import { readRecords, writeRecord } from '../../../src/lib/voice-agent/storage/tools/file-records.js'
import type { VoiceErrorCode } from '../../../store/index.js'
import {
  deleteRaw,
  getRaw,
  type OpenStorage,
  occupy,
  openStorage,
  putRaw,
  rawRecords,
  storeSession,
  textOf,
} from './fixture.js'
import { type SnapshotOptions, snapshotOf } from './snapshots.js'
import { openTab, openTalkingTab } from './voice-app.js'

const passphrase = 'correct horse battery staple'
/** Few iterations, because each property opens many files. */
const fast = 1000

async function exportOf(options: SnapshotOptions): Promise<Blob> {
  const storage = await openStorage()
  await storeSession(storage, options)
  return (await storage.tools()).exportSession(options.id ?? 's1', { passphrase })
}

async function recordsOf(file: Blob): Promise<unknown[]> {
  const records: unknown[] = []
  for await (const record of readRecords(await openFile(file, passphrase))) records.push(record)
  return records
}

async function fileOf(records: readonly unknown[]): Promise<Blob> {
  const writer = await createFileWriter(passphrase, fast)
  for (const record of records) await writeRecord(writer, record)
  return writer.finish()
}

const bytesOf = async (file: Blob) => new Uint8Array(await file.arrayBuffer())

/** The whole database as text, including keys. */
async function diskOf({ databaseName }: OpenStorage): Promise<string> {
  const records = await rawRecords(databaseName)
  return [...records].map(([key, record]) => `${key} ${textOf(record)}`).join('\n')
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no error',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  )
}

it.each([0, 1, 64, 65, 200, 64 * 66 + 7])('brings %i messages into another browser', async (length) => {
  const file = await exportOf({ length })
  const other = await openStorage()
  const imported = await (await other.tools()).importSession(file, { passphrase })
  expect(imported).toMatchObject({ id: 's1', messageCount: length, createdAt: 1, isOpenElsewhere: false })
  const read = await (await other.reload()).records.getItem('s1')
  expect(read?.messages).toEqual(snapshotOf({ length }).messages)
  expect(read).not.toHaveProperty('lost')
  expect(read).not.toHaveProperty('warning')
})

it('shares no session with its page, which gets the same id from its server during the import', async () => {
  const file = await exportOf({ length: 200 })
  const storage = await openStorage()
  const tools = await storage.tools()
  const letWrite = await occupy(storage.databaseName)
  const importing = tools.importSession(file, { passphrase })
  const isAcquired = async () =>
    (await navigator.locks.query()).held?.some(({ name }) =>
      name?.endsWith(`${storage.databaseName}:session:s1`),
    )
  await expect.poll(isAcquired).toBe(true)
  const created = codeOf(storage.records.create('s1'))
  letWrite()
  expect(await created).toBe('session-open-elsewhere')
  expect(await importing).toMatchObject({ id: 's1', messageCount: 200 })
  expect((await storage.records.getItem('s1'))?.messages).toHaveLength(200)
})

it('leaves nothing if the storage closes meanwhile', async () => {
  const file = await exportOf({ length: 64 * 66 })
  const storage = await openStorage()
  const { databaseName } = storage
  const { signal } = new AbortController()
  let closing = Promise.resolve()
  /** Checked before each record, while the file is checked, and again while it is stored. */
  let checks = 0
  signal.throwIfAborted = () => {
    if (++checks === 66 + 40) closing = storage.records.close()
  }
  const imported = (await storage.tools()).importSession(file, { passphrase, signal })
  expect(await codeOf(imported)).toBe('storage-unavailable')
  await closing
  expect([...(await rawRecords(databaseName)).keys()]).toEqual([])
})

it('is not an older copy of the session that another tab has deleted', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 3, revision: 50 })
  const file = await (await storage.tools()).exportSession('s1', { passphrase })
  const { databaseName } = storage
  storage.tab.release()
  await storage.records.close()
  const other = await openStorage({ databaseName, agentNumber: 2 })
  await other.records.removeItem('s1')
  await (await other.tools()).importSession(file, { passphrase })
  const again = await openStorage({ databaseName })
  const read = await again.records.getItem('s1')
  expect(read?.messages).toHaveLength(3)
  expect(read).not.toHaveProperty('warning')
})

it('continues an imported session like any other', async () => {
  const file = await exportOf({ length: 130 })
  const other = await openStorage()
  await (await other.tools()).importSession(file, { passphrase })
  const read = await other.records.getItem('s1')
  const longer = snapshotOf({ length: 140, revision: (read?.revision ?? 0) + 1 })
  await other.records.setItem('s1', longer)
  const again = await (await other.reload()).records.getItem('s1')
  expect(again?.messages).toHaveLength(140)
})

it('lists an imported session as updated now, and as belonging to no tab', async () => {
  const before = Date.now()
  const file = await exportOf({ updatedAt: 5, tabId: 'exporting-tab' })
  const other = await openStorage()
  const { tabId, updatedAt } = await (await other.tools()).importSession(file, { passphrase })
  expect(tabId).not.toBe('exporting-tab')
  expect(updatedAt).toBeGreaterThanOrEqual(before)
  const [listed] = await other.records.list()
  expect(listed).toMatchObject({ id: 's1', tabId, updatedAt })
  const read = await other.records.getItem('s1')
  expect(read?.head).toMatchObject({ connectionStatus: 'disconnected', endedAt: 5 })
})

it('encrypts it under its own key', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 3 })
  const file = await (await storage.tools()).exportSession('s1', { passphrase })
  const { id } = await (await storage.tools()).importSession(file, { passphrase })
  const [original, copy] = [
    await getRaw(storage.databaseName, 'key/session/s1'),
    await getRaw(storage.databaseName, `key/session/${id}`),
  ]
  await putRaw(storage.databaseName, `key/session/${id}`, { ...original, owner: `session/${id}` })
  expect(await codeOf((await storage.reload()).records.getItem(id))).toBe('session-unreadable')
  await putRaw(storage.databaseName, `key/session/${id}`, copy ?? {})
  expect((await (await storage.reload()).records.getItem(id))?.messages).toHaveLength(3)
})

it.each([
  ['is stored', (storage: OpenStorage) => storeSession(storage, { length: 2 })],
  ['has a key and no save yet', async (storage: OpenStorage) => void (await storage.records.create('s1'))],
  [
    'has lost its head',
    async (storage: OpenStorage) => {
      await storeSession(storage, { length: 2 })
      await deleteRaw(storage.databaseName, 'session/s1/head')
    },
  ],
])('gives it a new id if a session with that id %s', async (_, prepare) => {
  const file = await exportOf({ length: 5 })
  const storage = await openStorage()
  await prepare(storage)
  const before = [...(await rawRecords(storage.databaseName))]
  const { id } = await (await storage.tools()).importSession(file, { passphrase })
  expect(id).not.toBe('s1')
  const after = await rawRecords(storage.databaseName)
  for (const [key, record] of before) expect(textOf(after.get(key))).toBe(textOf(record))
  expect((await storage.records.getItem(id))?.messages).toHaveLength(5)
})

it('keeps the position of messages that can no longer be decrypted', async () => {
  const storage = await openStorage()
  await storeSession(storage, { length: 200 })
  const key = 'session/s1/messages/00000001'
  const record = (await getRaw(storage.databaseName, key)) ?? {}
  await putRaw(storage.databaseName, key, { ...record, data: new ArrayBuffer(40) })
  const file = await (await storage.tools()).exportSession('s1', { passphrase })
  const other = await openStorage()
  await (await other.tools()).importSession(file, { passphrase })
  const read = await other.records.getItem('s1')
  expect(read?.lost).toEqual([{ from: 64, count: 64 }])
  expect(read?.messages.at(64)?.id).toBe('m128')
})

it('opens a file with the same passphrase, whatever the Unicode form of its letters', async () => {
  const storage = await openStorage()
  await storeSession(storage, {})
  const tools = await storage.tools()
  const file = await tools.exportSession('s1', { passphrase: 'cafe\u0301' })
  expect(await codeOf(tools.importSession(file, { passphrase: 'caf\u00e9' }))).toBe('no error')
})

it('rejects an empty passphrase', async () => {
  const tools = await (await openStorage()).tools()
  expect(await codeOf(tools.exportSession('s1', { passphrase: '' }))).toBe('invalid-option')
  expect(await codeOf(tools.importSession(new Blob(), { passphrase: '' }))).toBe('invalid-option')
})

it('reports a session that is not stored, or not readable', async () => {
  const storage = await openStorage()
  const tools = await storage.tools()
  expect(await codeOf(tools.exportSession('s1', { passphrase }))).toBe('session-missing')
  await storeSession(storage, {})
  await deleteRaw(storage.databaseName, 'key/session/s1')
  const { tools: reloaded } = await storage.reload()
  expect(await codeOf((await reloaded?.())?.exportSession('s1', { passphrase }) ?? Promise.resolve())).toBe(
    'session-unreadable',
  )
})

it('reveals nothing of the conversation, the passphrase or the tab in the file', async () => {
  const file = await exportOf({ id: 'secret-id', tabId: 'secret-tab', length: 3 })
  const text = new TextDecoder('latin1').decode(await bytesOf(file))
  for (const word of ['words', 'secret', 'horse', '"id"', 'user']) expect(text).not.toContain(word)
})

it('creates each file with a different salt, and so a different key', async () => {
  const storage = await openStorage()
  await storeSession(storage, {})
  const tools = await storage.tools()
  const [first, second] = [
    await tools.exportSession('s1', { passphrase }),
    await tools.exportSession('s1', { passphrase }),
  ]
  expect((await bytesOf(first)).slice(16, 32)).not.toEqual((await bytesOf(second)).slice(16, 32))
})

/** Imports a hostile file into a browser that has a session with the same id, and compares the disk. */
async function importHostile(): Promise<(file: Blob, given?: string) => Promise<string>> {
  const storage = await openStorage()
  await storeSession(storage, { length: 2 })
  const tools = await storage.tools()
  const before = await diskOf(storage)
  return async (file, given = passphrase) => {
    const code = await codeOf(tools.importSession(file, { passphrase: given }))
    expect(await diskOf(storage)).toBe(before)
    return code
  }
}

/** A file of three chunks. */
async function longFile(): Promise<Uint8Array<ArrayBuffer>> {
  const text = 'x'.repeat(6000)
  const messages = snapshotOf({ length: 100 }).messages.slice(0, 100)
  const file = await exportOf({ messages: messages.map((each) => ({ ...each, text: each.text + text })) })
  return bytesOf(await fileOf(await recordsOf(file)))
}

it('rejects a wrong passphrase', async () => {
  const importFile = await importHostile()
  const file = await fileOf(await recordsOf(await exportOf({ length: 5 })))
  expect(await importFile(file, 'correct horse battery stable')).toBe('passphrase-wrong')
  expect(await importFile(file, `${passphrase} `)).toBe('passphrase-wrong')
})

it('rejects a newer version before it asks for anything else', async () => {
  const importFile = await importHostile()
  const bytes = await longFile()
  bytes[9] = 2
  expect(await importFile(new Blob([bytes]))).toBe('file-newer')
  expect(await importFile(new Blob([bytes.slice(0, 40)]), 'another')).toBe('file-newer')
})

it("rejects a session stored by a newer version of the app, because its messages can't be migrated back", async () => {
  const importFile = await importHostile()
  const [first, ...others] = await recordsOf(await exportOf({ length: 5 }))
  const { session } = first as { session: object }
  const file = await fileOf([{ session: { ...session, schema: 2 } }, ...others])
  expect(await importFile(file)).toBe('file-newer')
})

const refusals: VoiceErrorCode[] = ['file-damaged', 'file-truncated', 'file-newer', 'passphrase-wrong']

it('rejects a file with any changed byte, and changes nothing on disk', async () => {
  const importFile = await importHostile()
  const bytes = await longFile()
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.nat({ max: 80 }), fc.nat({ max: bytes.length - 1 })),
      fc.integer({ min: 1, max: 255 }),
      async (at, change) => {
        const changed = bytes.slice()
        changed[at] = (changed[at] ?? 0) ^ change
        // Skips the iteration count, because deriving the key could take seconds.
        fc.pre(at < 12 || at > 15)
        expect(refusals).toContain(await importFile(new Blob([changed])))
      },
    ),
    { numRuns: 300 },
  )
})

it('rejects every changed byte of the header', async () => {
  const importFile = await importHostile()
  const bytes = await longFile()
  const codes = new Set<string>()
  for (let at = 0; at < 64; at++) {
    const changed = bytes.slice()
    changed[at] = (changed[at] ?? 0) ^ 1
    codes.add(await importFile(new Blob([changed])))
  }
  expect([...codes].toSorted()).toEqual(['file-damaged', 'file-newer'])
})

it('detects a truncated file, wherever it ends', async () => {
  const importFile = await importHostile()
  const bytes = await longFile()
  const edges = [0, 1, 7, 8, 9, 10, 63, 64, 65, 69, bytes.length - 1]
  for (const length of edges)
    expect([length, await importFile(new Blob([bytes.slice(0, length)]))]).toEqual([
      length,
      length === 0 ? 'file-damaged' : 'file-truncated',
    ])
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async (length) => {
      expect(await importFile(new Blob([bytes.slice(0, length)]))).toBe('file-truncated')
    }),
    { numRuns: 60 },
  )
})

/** A file's chunks, with their prefixes. */
function chunksOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for (let at = 64; at < bytes.length; ) {
    const length = new DataView(bytes.buffer, at + 1).getUint32(0)
    chunks.push(bytes.slice(at, at + 5 + length))
    at += 5 + length
  }
  return chunks
}

it('detects chunks that were removed, duplicated, reordered, or marked as the last one', async () => {
  const importFile = await importHostile()
  const bytes = await longFile()
  const header = bytes.slice(0, 64)
  const chunks = chunksOf(bytes)
  expect(chunks.length).toBeGreaterThanOrEqual(3)
  const [first, second] = chunks as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
  const last = chunks.at(-1) as Uint8Array<ArrayBuffer>
  const asLast = (chunk: Uint8Array<ArrayBuffer>) => new Uint8Array([1, ...chunk.slice(1)])
  const hostile = [
    [second, first, last],
    [first, last],
    [first, first, second, last],
    [asLast(first)],
    [first, asLast(second)],
    [...chunks, last],
    [...chunks, new Uint8Array([0])],
    [last],
  ]
  for (const parts of hostile) expect(await importFile(new Blob([header, ...parts]))).toBe('file-damaged')
  expect(await importFile(new Blob([header, ...chunks.slice(0, -1)]))).toBe('file-truncated')
})

it('decrypts no chunk in a different position, and none whose end mark was changed', async () => {
  const bytes = await longFile()
  const header = bytes.slice(0, 64)
  const chunks = chunksOf(bytes)
  const [first, second] = chunks as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>]
  const last = chunks.at(-1) as Uint8Array<ArrayBuffer>
  // Reads below the level of records, whose number would also reveal it.
  const readOne = async (chunk: Uint8Array<ArrayBuffer>) => {
    const file = await openFile(new Blob([header, chunk]), passphrase)
    return codeOf(file.read().next())
  }
  expect(await readOne(first)).toBe('no error')
  expect(await readOne(new Uint8Array([1, ...first.slice(1)]))).toBe('file-damaged')
  expect(await readOne(second)).toBe('file-damaged')
  expect(await readOne(last)).toBe('file-damaged')
})

it('detects chunks from another file with the same passphrase', async () => {
  const importFile = await importHostile()
  const records = await recordsOf(await exportOf({ length: 5 }))
  const [one, other] = [await bytesOf(await fileOf(records)), await bytesOf(await fileOf(records))]
  expect(await importFile(new Blob([one.slice(0, 64), other.slice(64)]))).toBe('file-damaged')
})

it('rejects files that are not exports', async () => {
  const importFile = await importHostile()
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      expect(await importFile(new Blob([bytes as Uint8Array<ArrayBuffer>]))).toBe('file-damaged')
    }),
    { numRuns: 50, examples: [[new TextEncoder().encode('{"messages":[]}')]] },
  )
})

type Session = Record<string, unknown>
const valid = { id: 'm1', role: 'user', text: 'words', status: 'final', createdAt: 1 }

it.each([
  ['no session', () => [{ end: { segments: 0, messages: 0 } }]],
  ['no record', () => []],
  ['a number', () => [7]],
  ['no end', (records: unknown[]) => records.slice(0, -1)],
  ['two ends', (records: unknown[]) => [...records, records.at(-1)]],
  ['a segment twice', ([first, second, ...others]: unknown[]) => [first, second, second, ...others]],
  [
    'an end of another number',
    ([first, ...others]: unknown[]) => [first, ...others.slice(0, -1), { end: { segments: 1, messages: 4 } }],
  ],
])(
  'refuses a file with %s under the right passphrase',
  async (_, change: (records: unknown[]) => unknown[]) => {
    const importFile = await importHostile()
    const records = await recordsOf(await exportOf({ length: 5 }))
    expect(await importFile(await fileOf(change(records)))).toBe('file-damaged')
  },
)

it.each([
  ['id', ''],
  ['id', '\ud800'],
  ['id', 'x'.repeat(1000)],
  ['id', 7],
  ['createdAt', 1e300],
  ['createdAt', null],
  ['segmentCount', 2 ** 40],
  ['segmentCount', -1],
  ['segmentCount', 0],
  ['messageCount', 700],
  ['messageCount', 1.5],
  ['lengths', [[0, 3]]],
  ['lengths', 'none'],
  ['draft', {}],
  ['toolCallIds', [1]],
])('rejects a session whose %s is %j', async (name, value) => {
  const importFile = await importHostile()
  const [first, ...others] = await recordsOf(await exportOf({ length: 5 }))
  const { session } = first as { session: Session }
  expect(await importFile(await fileOf([{ session: { ...session, [name]: value } }, ...others]))).toBe(
    'file-damaged',
  )
})

it.each([
  { ...valid, role: 'admin' },
  { ...valid, status: 'done' },
  { ...valid, text: { toString: 'x' } },
  { ...valid, createdAt: 9e15 },
  { ...valid, role: 'tool' },
  { ...valid, tool: { name: 'pay', status: 'sent' } },
  { ...valid, isUnsent: 'yes' },
  { ...valid, speechMs: '3' },
  null,
])('rejects the message %j', async (message) => {
  const importFile = await importHostile()
  const [first, , end] = await recordsOf(await exportOf({ length: 1 }))
  expect(await importFile(await fileOf([first, { seq: 0, messages: [message] }, end]))).toBe('file-damaged')
})

it('accepts only known fields from a file', async () => {
  const [first, , end] = await recordsOf(await exportOf({ length: 1 }))
  const file = await fileOf([
    first,
    { seq: 0, messages: [{ ...valid, extra: 1, ['__proto__']: { polluted: true } }] },
    end,
  ])
  const storage = await openStorage()
  await (await storage.tools()).importSession(file, { passphrase })
  expect((await storage.records.getItem('s1'))?.messages).toEqual([valid])
})

it('leaves nothing behind if the disk fills up halfway', async () => {
  const file = await exportOf({ length: 64 * 40 })
  const storage = await openStorage()
  await storeSession(storage, { id: 'other' })
  const before = await diskOf(storage)
  const put = IDBObjectStore.prototype.put
  let puts = 0
  IDBObjectStore.prototype.put = function (...args) {
    if (++puts > 25) throw new DOMException('', 'QuotaExceededError')
    return put.apply(this, args)
  }
  onTestFinished(() => {
    IDBObjectStore.prototype.put = put
  })
  const tools = await storage.tools()
  expect(await codeOf(tools.importSession(file, { passphrase }))).toBe('storage-quota')
  IDBObjectStore.prototype.put = put
  expect(await diskOf(storage)).toBe(before)
})

it('stops when its signal aborts, and leaves nothing behind', async () => {
  const file = await exportOf({ length: 64 * 40 })
  const storage = await openStorage()
  const before = await diskOf(storage)
  const aborted = new AbortController()
  const write = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (...args) {
    aborted.abort(new Error('enough'))
    return write.apply(this, args)
  }
  onTestFinished(() => {
    IDBObjectStore.prototype.put = write
  })
  const tools = await storage.tools()
  const { signal } = aborted
  expect(await codeOf(tools.importSession(file, { passphrase, signal }))).toBe('enough')
  expect(await diskOf(storage)).toBe(before)
  expect(
    await codeOf(tools.exportSession('s1', { passphrase, signal: AbortSignal.abort(new Error('no')) })),
  ).toBe('session-missing')
})

it('exports a session that another tab is writing', async () => {
  const storage = await openStorage()
  await storage.records.create('s1')
  await storage.records.setItem('s1', snapshotOf({ length: 640 }))
  const reader = await openStorage({ databaseName: storage.databaseName })
  let isOver = false
  const write = async () => {
    for (let revision = 2; !isOver; revision++)
      await storage.records.setItem('s1', snapshotOf({ length: 640 + revision, revision }))
  }
  const writing = write()
  const tools = await reader.tools()
  const file = await tools.exportSession('s1', { passphrase })
  isOver = true
  await writing
  const other = await openStorage()
  await (await other.tools()).importSession(file, { passphrase })
  const read = await other.records.getItem('s1')
  expect(read?.lost).toBeUndefined()
  expect(read?.messages.map(({ id }) => id)).toEqual(
    Array.from({ length: read?.messages.length ?? 0 }, (_, index) => `m${index}`),
  )
  expect(read?.messages.length).toBeGreaterThanOrEqual(640)
})

it('exports what the page shows, and opens the import as a conversation', async () => {
  const databaseName = `export-${Date.now()}`
  const page = await openTalkingTab({ databaseName, debounceMs: 60_000, maxWaitMs: 60_000 }, 'first')
  page.agent.sendText('not saved yet')
  page.agent.setDraft('a draft')
  const file = await page.agent.exportSession(page.id, { passphrase })
  await page.agent.disconnect()
  await page.voiceAgent.dispose()

  const other = openTab({ databaseName: `${databaseName}-other` })
  await other.sessionManager.initialize()
  const { id } = await other.agent.importSession(file, { passphrase })
  expect(id).toBe(page.id)
  const outcome = await other.sessionManager.restoreSession(id)
  expect(outcome).toEqual({ conversation: 'restored', agent: 'none' })
  expect(other.texts()).toEqual(['first', 'not saved yet'])
  expect(other.state().conversation.draft).toBe('a draft')
  expect(other.state().connection.status).not.toBe('connected')
  expect(JSON.stringify(other.state())).not.toContain(passphrase)
})

it('is rejected where nothing is stored', async () => {
  const page = openTab({ databaseName: `export-none-${Date.now()}`, consent: false })
  await page.sessionManager.initialize()
  expect(await codeOf(page.agent.exportSession('s1', { passphrase }))).toBe('storage-unavailable')
})
