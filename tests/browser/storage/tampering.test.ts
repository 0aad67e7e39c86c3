import { expect, test } from 'vitest'
import { flipByte, openStorage, putRaw, rawRecords, storedOf } from './fixture.js'
import { fixtureKeyProvider } from './fixtures/make-fixture.js'
import { messagesOf, snapshotOf } from './snapshots.js'

type RawRecord = NonNullable<ReturnType<Awaited<ReturnType<typeof rawRecords>>['get']>>

const segment = 'session/s1/messages/00000001'
const head = 'session/s1/head'
const messages = messagesOf(130)

/** Every way to change one thing in a record: a bit of its IV, ciphertext or tag, an unencrypted field, one field more or less. */
function tamperingsOf(record: RawRecord): Record<string, RawRecord> {
  const { iv, data, ...clear } = record
  const tamperings: Record<string, RawRecord> = {
    'first byte of the IV': { ...record, iv: flipByte(iv, 0) },
    'last byte of the IV': { ...record, iv: flipByte(iv, -1) },
    'first byte of the ciphertext': { ...record, data: flipByte(data, 0) },
    'middle of the ciphertext': { ...record, data: flipByte(data, (data?.byteLength ?? 0) >> 1) },
    'last byte of the ciphertext': { ...record, data: flipByte(data, -17) },
    'first byte of the tag': { ...record, data: flipByte(data, -16) },
    'last byte of the tag': { ...record, data: flipByte(data, -1) },
    'truncated by one byte': { ...record, data: data?.slice(0, -1) ?? new ArrayBuffer() },
    empty: { ...record, data: new ArrayBuffer() },
    'a field more': { ...record, added: 1 },
  }
  for (const [name, value] of Object.entries(clear)) {
    const other = typeof value === 'number' ? value - 1 : `${String(value)}x`
    tamperings[`${name} changed`] = { ...record, [name]: other }
    tamperings[`${name} missing`] = Object.fromEntries(Object.entries(record).filter(([key]) => key !== name))
  }
  return tamperings
}

test('altering anything in a segment loses that segment, reports it, and affects nothing else', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ messages }))
  const original = (await rawRecords(storage.databaseName)).get(segment) ?? {}
  const { records } = await storage.reload()
  for (const [what, record] of Object.entries(tamperingsOf(original))) {
    await putRaw(storage.databaseName, segment, record)
    const session = await records.getItem('s1')
    expect(session?.messages, what).toEqual(messages.toSpliced(64, 64))
    expect(session?.lost, what).toEqual([{ from: 64, count: 64 }])
  }
  await putRaw(storage.databaseName, segment, original)
  expect(await records.getItem('s1')).toEqual(storedOf({ messages }))
})

test('a head with any alteration opens nothing', async () => {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ messages }))
  const original = (await rawRecords(storage.databaseName)).get(head) ?? {}
  const { records } = await storage.reload()
  for (const [what, record] of Object.entries(tamperingsOf(original))) {
    await putRaw(storage.databaseName, head, record)
    const read = records.getItem('s1')
    await expect(read, what).rejects.toMatchObject({ code: 'session-unreadable', record: 'head' })
  }
  await putRaw(storage.databaseName, head, original)
  expect(await records.getItem('s1')).toEqual(storedOf({ messages }))
})

test("a wrapped key with any alteration, and another session's, open nothing", async () => {
  const storage = await openStorage({ keyProvider: fixtureKeyProvider })
  for (const id of ['s1', 's2']) await storage.records.setItem(id, snapshotOf({ id }))
  const raw = await rawRecords(storage.databaseName)
  const original = raw.get('key/session/s1') ?? {}
  const wrapped = original.wrapped as ArrayBuffer
  const tampered = [
    ...[0, 20, -1].map((at) => ({ ...original, wrapped: flipByte(wrapped, at) })),
    { ...original, wrapped: wrapped.slice(0, -8) },
    { ...original, kind: 'head' },
    { ...raw.get('key/session/s2') },
  ]
  let { reload } = storage
  for (const record of tampered) {
    await putRaw(storage.databaseName, 'key/session/s1', record)
    const next = await reload()
    reload = next.reload
    await expect(next.records.getItem('s1')).rejects.toMatchObject({ code: 'session-unreadable' })
  }
})

test("records swapped within a session or between sessions don't open in either place", async () => {
  const storage = await openStorage()
  for (const id of ['s1', 's2']) await storage.records.setItem(id, snapshotOf({ id, messages }))
  const raw = await rawRecords(storage.databaseName)
  const { records } = await storage.reload()
  const swaps = [
    [segment, 'session/s1/messages/00000000'],
    [segment, 'session/s2/messages/00000001'],
  ] as const
  for (const [a, b] of swaps) {
    await putRaw(storage.databaseName, a, { ...raw.get(b) })
    await putRaw(storage.databaseName, b, { ...raw.get(a) })
    const lost = (await records.getItem('s1'))?.lost?.map(({ from }) => from)
    expect(lost).toEqual(b.includes('/s1/') ? [0, 64] : [64])
    await putRaw(storage.databaseName, a, { ...raw.get(a) })
    await putRaw(storage.databaseName, b, { ...raw.get(b) })
  }
  expect(await records.getItem('s1')).toEqual(storedOf({ messages }))
})
