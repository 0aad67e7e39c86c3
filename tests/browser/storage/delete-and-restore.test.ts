import { expect, test, vi } from 'vitest'
import { openStorage, rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

const keysOf = async (databaseName: string) => [...(await rawRecords(databaseName)).keys()]

test('deleting the running session ends its call, and what is said next starts a new one', async () => {
  const page = await openTalkingTab({ databaseName: freshName('delete') })
  await page.sessionManager.deleteSession(page.id)
  expect(page.transport.open).toBe(0)
  expect(page.texts()).toEqual([])
  expect(await keysOf(page.databaseName)).toEqual([])
  await page.agent.connect()
  page.agent.sendText('after')
  await page.persistor.flush()
  expect(page.state().session).toMatchObject({ storage: 'persistent', error: null })
  expect(await page.sessionManager.listSessions()).toMatchObject([
    { id: page.state().session.id, messageCount: 1 },
  ])
})

test('after deleting a session that another tab has open, its call continues unsaved, and the state says so', async () => {
  const page = await openTalkingTab({ databaseName: freshName('delete') })
  const other = openTab({ databaseName: page.databaseName })
  await other.sessionManager.deleteSession(page.id)
  await vi.waitFor(() =>
    expect(page.state().session).toMatchObject({ storage: 'degraded', error: { code: 'session-missing' } }),
  )
  page.agent.sendText('unheard of')
  await page.persistor.flush()
  expect(page.texts()).toEqual(['before', 'unheard of'])
  expect(page.transport.open).toBe(1)
  expect(await keysOf(page.databaseName)).toEqual([])
})

test('deleting a missing session, or twice, does nothing', async () => {
  const page = await openTalkingTab({ databaseName: freshName('delete') })
  const stored = await rawRecords(page.databaseName)
  await page.sessionManager.deleteSession('unknown')
  expect(await rawRecords(page.databaseName)).toStrictEqual(stored)
  await Promise.all([page.sessionManager.deleteSession(page.id), page.sessionManager.deleteSession(page.id)])
  await page.sessionManager.deleteSession(page.id)
  expect(await keysOf(page.databaseName)).toEqual([])
})

test('a session that is deleted while the page restores it is gone', async () => {
  const before = await openTalkingTab({ databaseName: freshName('delete') })
  await before.voiceAgent.dispose()
  const page = openPage({ databaseName: before.databaseName })
  await page.sessionManager.deleteSession(before.id)
  // The restore, which had a call to reconnect, does not start it either.
  expect(await page.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
  expect(page.transport.open).toBe(0)
  expect(page.texts()).toEqual([])
  expect(page.state().session.id).toBeNull()
  expect(await keysOf(before.databaseName)).toEqual([])
})

test('restoring a deleted session fails with the reason, and a new one starts', async () => {
  const page = await openTalkingTab({ databaseName: freshName('restore') })
  const other = openTab({ databaseName: page.databaseName })
  await other.sessionManager.deleteSession(page.id)
  expect(await other.sessionManager.restoreSession(page.id)).toEqual({
    conversation: 'failed',
    agent: 'none',
  })
  expect(other.state().session.restore.reason).toBe('session-missing')
  await other.agent.connect()
  other.agent.sendText('after')
  await other.persistor.flush()
  expect(await other.sessionManager.listSessions()).toMatchObject([{ messageCount: 1 }])
})

test('requesting a session that is missing, or open elsewhere, does not end the live call', async () => {
  const page = await openTalkingTab({ databaseName: freshName('restore') })
  const other = await openTalkingTab({ databaseName: page.databaseName })
  for (const id of ['unknown', other.id]) {
    expect(await page.sessionManager.restoreSession(id)).toEqual({ conversation: 'failed', agent: 'none' })
  }
  expect(page.state().session.id).toBe(page.id)
  expect(page.state().connection.status).toBe('connected')
  expect(page.transport.open).toBe(1)
})

test('a session that was ended and restored in the same tab can still be written there', async () => {
  const page = await openTalkingTab({ databaseName: freshName('restore') })
  page.agent.sendText('unsaved')
  expect(await page.sessionManager.restoreSession(page.id)).toMatchObject({ conversation: 'restored' })
  expect(page.texts()).toEqual(['before', 'unsaved'])
  const other = await openStorage({ databaseName: page.databaseName })
  const refusal = { code: 'session-open-elsewhere' }
  await expect(other.records.getItem(page.id)).rejects.toMatchObject(refusal)
  await page.persistor.flush()
  await expect(other.records.getItem(page.id)).rejects.toMatchObject(refusal)
})
