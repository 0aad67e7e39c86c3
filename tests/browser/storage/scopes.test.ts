import { describe, expect, test, vi } from 'vitest'
import { createStorage } from '../../../src/lib/voice-agent/storage/storage.js'
import { rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

const scopedNames = async (databaseName: string) =>
  (await indexedDB.databases()).map(({ name = '' }) => name).filter((name) => name.startsWith(databaseName))

test('each user has a separate database, and a reload shows users their own conversation', async () => {
  const databaseName = freshName('scope')
  const ann = await openTalkingTab({ databaseName, scope: 'ann@example.org' }, 'said by Ann')
  await ann.voiceAgent.dispose()
  const ben = openPage({ databaseName, scope: 'ben@example.org' })
  expect(await ben.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
  expect(ben.texts()).toEqual([])
  expect(await ben.sessionManager.listSessions()).toEqual([])
  await ben.voiceAgent.dispose()
  const again = openPage({ databaseName, scope: 'ann@example.org' })
  expect(await again.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
  expect(again.texts()).toEqual(['said by Ann'])
})

test('names contain no user id', async () => {
  const databaseName = freshName('scope')
  await openTalkingTab({ databaseName, scope: 'ann@example.org' })
  const names = await scopedNames(databaseName)
  expect(names).toHaveLength(1)
  const locks = ((await navigator.locks.query()).held ?? []).map(({ name }) => name)
  expect([...names, ...Object.keys(sessionStorage), ...locks].join()).not.toContain('ann')
})

test('reset({ scope }) at run time ends the call and keeps the conversation for its user, and the next conversation belongs to the next user', async () => {
  const databaseName = freshName('scope')
  const page = await openTalkingTab({ databaseName, scope: 'ann', debounceMs: 60_000 }, 'said by Ann')
  page.agent.sendText('and not saved yet')
  await page.agent.reset({ scope: 'ben' })
  expect(page.transport.open).toBe(0)
  expect(page.texts()).toEqual([])
  expect(await page.sessionManager.listSessions()).toEqual([])
  expect(await page.sessionManager.restoreSession(page.id)).toMatchObject({ conversation: 'failed' })
  expect(page.texts()).toEqual([])
  await page.agent.connect()
  page.agent.sendText('said by Ben')
  await page.persistor.flush()
  expect(await page.sessionManager.listSessions()).toMatchObject([{ messageCount: 1 }])
  await page.agent.reset({ scope: 'ann' })
  expect(await page.sessionManager.listSessions()).toMatchObject([{ id: page.id, messageCount: 2 }])
  await page.sessionManager.restoreSession(page.id, { reconnect: false })
  expect(page.texts()).toEqual(['said by Ann', 'and not saved yet'])
})

test('worst-case orders: during a restore, twice, and with a call that was requested before', async () => {
  const databaseName = freshName('scope')
  const before = await openTalkingTab({ databaseName, scope: 'ann' }, 'said by Ann')
  await before.voiceAgent.dispose()
  const page = openPage({ databaseName, scope: 'ann' })
  const shown: string[][] = []
  page.subscribe(() => shown.push(page.texts()))
  const resets = [page.agent.reset({ scope: 'ben' }), page.agent.reset({ scope: 'cleo' })]
  const connected = page.agent.connect()
  await Promise.all([...resets, connected])
  page.agent.sendText('said by Cleo')
  await page.persistor.flush()
  expect(shown.flat()).not.toContain('said by Ann')
  expect(await page.sessionManager.listSessions()).toMatchObject([{ messageCount: 1 }])
  await page.agent.reset({ scope: 'ben' })
  expect(await page.sessionManager.listSessions()).toEqual([])
  await page.agent.reset({ scope: 'ann' })
  expect(await page.sessionManager.listSessions()).toMatchObject([{ id: before.id }])
})

test('eraseAll() erases only the current user', async () => {
  const databaseName = freshName('scope')
  const page = await openTalkingTab({ databaseName, scope: 'ann' })
  await page.agent.reset({ scope: 'ben' })
  await page.agent.connect()
  await page.persistor.flush()
  await page.sessionManager.eraseAll()
  expect(await page.sessionManager.listSessions()).toEqual([])
  await page.agent.reset({ scope: 'ann' })
  expect(await page.sessionManager.listSessions()).toMatchObject([{ id: page.id }])
})

test('an invalid scope is rejected and changes nothing', async () => {
  const page = await openTalkingTab({ databaseName: freshName('scope') })
  await expect(page.agent.reset({ scope: '' })).rejects.toMatchObject({ code: 'invalid-option' })
  expect(page.transport.open).toBe(1)
  expect(page.texts()).toEqual(['before'])
})

test('a tab duplicated under another user restores nothing, and both keep writing', async () => {
  const databaseName = freshName('scope')
  const ann = await openTalkingTab({ databaseName, scope: 'ann' }, 'said by Ann')
  const ben = openPage({ databaseName, scope: 'ben' })
  await ben.sessionManager.initialize()
  await ben.agent.connect()
  ben.agent.sendText('said by Ben')
  await Promise.all([ann.persistor.flush(), ben.persistor.flush()])
  for (const [tab, text] of [
    [ann, 'said by Ann'],
    [ben, 'said by Ben'],
  ] as const) {
    expect(tab.texts()).toEqual([text])
    expect(tab.state().session).toMatchObject({ storage: 'persistent', error: null })
    expect(await tab.sessionManager.listSessions()).toHaveLength(1)
  }
})

test("erasing in one of a user's tabs reaches that user's other tab, but not another user's", async () => {
  const databaseName = freshName('scope')
  const ben = await openTalkingTab({ databaseName, scope: 'ben' })
  const second = await openTalkingTab({ databaseName, scope: 'ann' })
  const first = await openTalkingTab({ databaseName, scope: 'ann' })
  await first.sessionManager.eraseAll()
  await vi.waitFor(() => expect(second.state().session.id).toBeNull())
  expect(ben.texts()).toEqual(['before'])
  expect(ben.transport.open).toBe(1)
  const names = await scopedNames(databaseName)
  const records = await Promise.all(names.map(async (name) => [...(await rawRecords(name)).keys()]))
  expect(records.flat().filter((key) => key.endsWith('/head'))).toEqual([`session/${ben.id}/head`])
})

test('an agent that is disposed of while it switches users does not open the database of the next one', async () => {
  const databaseName = freshName('scope')
  const page = await openTalkingTab({ databaseName, scope: 'ann' })
  const names = await scopedNames(databaseName)
  const switched = page.agent.reset({ scope: 'ben' }).catch(() => undefined)
  await page.voiceAgent.dispose()
  await switched
  expect(await scopedNames(databaseName)).toEqual(names)
})

describe('a call that a previous page of the user wanted is forgotten, although', () => {
  /** A tab whose last page of Ann's was left before its call had a session. Returns the name of the entry that says so. */
  async function leaveWantedCall(databaseName: string): Promise<string> {
    const page = openTab({ databaseName, scope: 'ann' })
    await page.sessionManager.initialize()
    await page.voiceAgent.dispose()
    const [tab = ''] = Object.keys(sessionStorage).filter((key) => key.endsWith(':tab'))
    const call = tab.replace(/tab$/, 'call')
    sessionStorage.setItem(call, 'wanted')
    return call
  }

  test.each([1, 2, 3])(
    'the agent, after %i resets, is disposed of before its code has loaded',
    async (count) => {
      const databaseName = freshName('scope')
      const call = await leaveWantedCall(databaseName)
      const page = openPage({ databaseName, scope: 'ann' })
      const resets = Array.from({ length: count }, (_, index) => page.agent.reset({ scope: `ben ${index}` }))
      const settled = Promise.allSettled(resets)
      await page.voiceAgent.dispose()
      await settled
      expect(sessionStorage.getItem(call)).toBeNull()
    },
  )

  test('the storage is closed before it has left the place of another user', async () => {
    const databaseName = freshName('scope')
    const call = await leaveWantedCall(databaseName)
    const storage = createStorage({ databaseName, scope: 'ben' })
    await storage.records.open(() => {})
    const reopened = storage.reopen({ scope: 'ann' })
    storage.tab.setCallIntent(null)
    await Promise.all([reopened, storage.records.close()])
    expect(sessionStorage.getItem(call)).toBeNull()
  })
})
