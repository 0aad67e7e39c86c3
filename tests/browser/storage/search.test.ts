import { expect, it, onTestFinished, vi } from 'vitest'
import { openStorage, rawRecords } from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'

const searchIn = async (storage: Awaited<ReturnType<typeof openStorage>>, query: string, limit?: number) => {
  const tools = await storage.tools()
  return (await tools.search?.(query, { limit })) ?? []
}

it('finds messages in all sessions, newest first, including one that another tab has open', async () => {
  const writer = await openStorage()
  const { databaseName } = writer
  await writer.records.create('old')
  await writer.records.setItem('old', snapshotOf({ id: 'old', length: 200, updatedAt: 1000 }))
  await writer.records.create('new')
  const messages = [message(0, 'Tell me about WORDS'), message(1, 'Nothing'), message(2, 'Caf\u00e9 words')]
  await writer.records.setItem('new', snapshotOf({ id: 'new', messages, updatedAt: 2000 }))
  const reader = await openStorage({ databaseName })
  const put = vi.spyOn(IDBObjectStore.prototype, 'put')
  onTestFinished(() => put.mockRestore())
  const before = await rawRecords(databaseName)

  const found = await searchIn(reader, ' words ', 4)
  expect(found.map(({ sessionId, index }) => [sessionId, index])).toEqual([
    ['new', 2],
    ['new', 0],
    ['old', 199],
    ['old', 198],
  ])
  expect(found[2]?.message).toEqual(messagesOf(200)[199])
  expect((await searchIn(reader, 'number 17')).map(({ index }) => index)).toEqual([
    ...Array.from({ length: 10 }, (_, digit) => 179 - digit),
    17,
  ])
  // An accent written as a combining character.
  expect(await searchIn(reader, 'cafe\u0301')).toHaveLength(1)
  expect(await searchIn(reader, '  ')).toEqual([])
  expect(await rawRecords(databaseName)).toEqual(before)
  expect(put).not.toHaveBeenCalled()
})

it('can be cancelled', async () => {
  const writer = await openStorage()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  const tools = await writer.tools()
  const reason = new Error('No longer wanted.')
  await expect(tools.search?.('words', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
})
