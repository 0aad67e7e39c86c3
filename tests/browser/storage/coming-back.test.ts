import { expect, test, vi } from 'vitest'
import { openStorage } from './fixture.js'
import { freshName } from './persisted-store.js'
import { message } from './snapshots.js'
import { openTab, openTalkingTab } from './voice-app.js'

const loadPage = () => openTalkingTab({ databaseName: freshName('back') })

/** Releases the lock, as older WebKit does for a page in the back/forward cache. */
const steal = (databaseName: string, id: string) =>
  navigator.locks.request(`redux-voice-agent:${databaseName}:session:${id}`, { steal: true }, () => {})

const comeBack = () => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))

test('a page from the back/forward cache takes over what another page of the tab left, and continues from there', async () => {
  const page = await loadPage()
  await steal(page.databaseName, page.id)
  const other = await openStorage({ databaseName: page.databaseName })
  const stored = await other.records.getItem(page.id)
  if (!stored) throw new Error('Nothing was stored.')
  const messages = [...stored.messages, message(1, 'meanwhile')]
  const head = { ...stored.head, messageCount: messages.length }
  await other.records.setItem(page.id, { ...stored, head, messages, revision: stored.revision + 5 })
  await other.records.release(page.id)

  page.voiceAgent.agent.sendText('void')
  comeBack()
  await vi.waitFor(() => expect(page.texts()).toEqual(['before', 'meanwhile']))
  expect(page.state().session).toMatchObject({ storage: 'persistent', error: null })
  page.voiceAgent.agent.sendText('after')
  await page.voiceAgent.persistor.flush()
  await page.voiceAgent.dispose()
  const { records } = await openStorage({ databaseName: page.databaseName })
  const found = await records.getItem(page.id)
  expect(found?.messages.map(({ text }) => text)).toEqual(['before', 'meanwhile', 'after'])
})

test('a page from the back/forward cache continues an unchanged session, and saves its pending changes', async () => {
  const page = await loadPage()
  page.voiceAgent.agent.sendText('unsaved')
  comeBack()
  await page.voiceAgent.persistor.flush()
  await page.voiceAgent.dispose()
  const { records } = await openStorage({ databaseName: page.databaseName })
  const found = await records.getItem(page.id)
  expect(found?.messages.map(({ text }) => text)).toEqual(['before', 'unsaved'])
})

test('a page from the back/forward cache writes nothing to a session that another tab has, and says so', async () => {
  const page = await loadPage()
  await steal(page.databaseName, page.id)
  const other = await openStorage({ databaseName: page.databaseName })
  const stored = await other.records.getItem(page.id)
  comeBack()
  page.voiceAgent.agent.sendText('too late')
  await page.voiceAgent.persistor.flush()
  await vi.waitFor(() =>
    expect(page.state().session).toMatchObject({
      storage: 'degraded',
      error: { code: 'session-open-elsewhere' },
    }),
  )
  expect(await other.records.getItem(page.id)).toEqual(stored)
})

test('a session that is open in another tab is not restored, and the reason is in the state', async () => {
  const page = await loadPage()
  const second = openTab({ databaseName: page.databaseName })
  const outcome = await second.voiceAgent.sessionManager.restoreSession(page.id)
  expect(outcome).toEqual({ conversation: 'failed', agent: 'none' })
  expect(second.state().session.restore).toMatchObject({
    reason: 'open-in-another-tab',
    error: { code: 'session-open-elsewhere' },
  })
})

test('a failed save is retried automatically, and the state shows when it has succeeded', async () => {
  const page = await loadPage()
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError')
  })
  page.voiceAgent.agent.sendText('while it is full')
  await vi.waitFor(() => expect(page.state().session.error).toMatchObject({ code: 'storage-quota' }))
  expect(page.state().session.storage).toBe('degraded')
  const savedAt = page.state().session.lastSavedAt
  put.mockRestore()
  await vi.waitFor(() => expect(page.state().session.storage).toBe('persistent'))
  await vi.waitFor(() => expect(page.state().session.lastSavedAt).toBeGreaterThan(savedAt ?? 0))
  await page.voiceAgent.dispose()
  const { records } = await openStorage({ databaseName: page.databaseName })
  expect((await records.getItem(page.id))?.messages.at(-1)?.text).toBe('while it is full')
})
