import { expect, it, onTestFinished, vi } from 'vitest'
import { openStorage, rawRecords } from './fixture.js'
import { message, snapshotOf } from './snapshots.js'

const readTitles = async (storage: Awaited<ReturnType<typeof openStorage>>, ids: string[]) => {
  const tools = await storage.tools()
  return Object.fromEntries((await tools.readTitles?.(ids)) ?? [])
}

it('reads the first words of sessions, including one that another tab has open, and changes nothing', async () => {
  const writer = await openStorage()
  const { databaseName } = writer
  const long =
    'I am looking for a present for someone who has just moved, for the kitchen, not too expensive.'
  const sessions = {
    short: [message(0, '  Which kettle\nis quiet? '), message(1, 'The Tarn.')],
    long: [message(0, ''), { ...message(1, 'Hello!'), role: 'assistant' as const }, message(2, long)],
    agent: [{ ...message(0, 'How can I help?'), role: 'assistant' as const }],
    silent: [message(0, '')],
  }
  for (const [id, messages] of Object.entries(sessions)) {
    await writer.records.create(id)
    await writer.records.setItem(id, snapshotOf({ id, messages }))
  }
  const reader = await openStorage({ databaseName })
  const put = vi.spyOn(IDBObjectStore.prototype, 'put')
  onTestFinished(() => put.mockRestore())
  const before = await rawRecords(databaseName)
  expect(await readTitles(reader, [...Object.keys(sessions), 'missing'])).toEqual({
    short: 'Which kettle is quiet?',
    long: 'I am looking for a present for someone who has just moved, for the kitchen, not…',
    agent: 'How can I help?',
  })
  expect(await rawRecords(databaseName)).toEqual(before)
  expect(put).not.toHaveBeenCalled()
  // The reader has not acquired it.
  await writer.records.setItem('short', snapshotOf({ id: 'short', messages: sessions.short, revision: 2 }))
})

it('omits a session from another version of the app', async () => {
  const writer = await openStorage()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ messages: [message(0, 'Words')] }))
  const newer = await openStorage({ databaseName: writer.databaseName, version: 9 })
  expect(await readTitles(newer, ['s1'])).toEqual({})
})
