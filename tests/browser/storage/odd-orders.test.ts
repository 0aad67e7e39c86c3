import { expect, onTestFinished, test, vi } from 'vitest'
import { isWebKit } from './engine.js'
import { freshName } from './persisted-store.js'
import { openPage, openTab, openTalkingTab } from './voice-app.js'

type Page = ReturnType<typeof openPage>

/** A tab whose last page is closed. Its conversation has one message. */
async function leftTab() {
  const { voiceAgent, databaseName, id } = await openTalkingTab({ databaseName: freshName('odd') })
  await voiceAgent.dispose()
  return { databaseName, id }
}

function watchRejections() {
  const unhandled: unknown[] = []
  const note = ({ reason }: PromiseRejectionEvent) => void unhandled.push(reason)
  window.addEventListener('unhandledrejection', note)
  onTestFinished(() => window.removeEventListener('unhandledrejection', note))
  return unhandled
}

/** Sessions that a page of this database has open for writing. */
async function heldSessions(databaseName: string) {
  const scope = `redux-voice-agent:${databaseName}:session:`
  const { held = [] } = await navigator.locks.query()
  return held.flatMap(({ name }) => (name?.startsWith(scope) ? [name.slice(scope.length)] : []))
}

/** Moments in a page's life at which its agent may be disposed. */
const moments: [moment: string, reach: (page: Page) => unknown][] = [
  ['before it starts', () => {}],
  ['while its code is loading', () => Promise.resolve()],
  ['while the database is opening', () => new Promise((resolve) => requestAnimationFrame(resolve))],
  ['while its token is decrypted', (page) => vi.waitUntil(() => page.state().session.tabId, { interval: 0 })],
  ['once the conversation is shown', (page) => vi.waitUntil(() => page.state().session.id, { interval: 0 })],
  ['when restoring has finished', (page) => page.sessionManager.initialize()],
]

// Repeated, because the order of reads and locks differs between runs.
test.each(moments)(
  'an agent disposed %s leaves its tab to the next one',
  { repeats: 9 },
  async (_moment, reach) => {
    const unhandled = watchRejections()
    const { databaseName } = await leftTab()
    const gone = openPage({ databaseName })
    await reach(gone)
    await gone.voiceAgent.dispose()
    const next = openPage({ databaseName })
    expect(await next.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
    expect(next.texts()).toEqual(['before'])
    expect(unhandled).toEqual([])
  },
)

test.skipIf(isWebKit)(
  'an agent disposed during a call reports its end, and the next page still calls again',
  async () => {
    const gone = await openTalkingTab({ databaseName: freshName('odd') })
    await gone.voiceAgent.dispose()
    expect(gone.state().connection.status).toBe('disconnected')
    const next = openPage({ databaseName: gone.databaseName })
    expect(await next.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'fresh' })
    expect(next.state().connection.status).toBe('connected')
  },
)

test('a disposed agent opens nothing', async () => {
  const { databaseName } = await leftTab()
  const page = openPage({ databaseName })
  await page.sessionManager.initialize()
  await page.voiceAgent.dispose()
  await expect(page.sessionManager.listSessions()).rejects.toMatchObject({ code: 'disposed' })
})

test('a page that calls immediately after creating its agent continues its conversation', async () => {
  const { databaseName, id } = await leftTab()
  const page = openPage({ databaseName })
  await page.agent.connect()
  expect(page.state().session.id).toBe(id)
  expect(page.transport.requests).toMatchObject([
    { sessionId: id, resume: true, context: [{ text: 'before' }] },
  ])
})

test('restoring the session that is already open keeps its call and its last words', async () => {
  const page = await openTalkingTab({ databaseName: freshName('odd'), debounceMs: 5_000 })
  page.agent.sendText('not saved yet')
  expect(await page.sessionManager.restoreSession()).toEqual({ conversation: 'none', agent: 'none' })
  expect(page.texts()).toEqual(['before', 'not saved yet'])
  expect(page.state().connection.status).toBe('connected')
})

test('if two sessions are restored in the same task, the last one is open, and the other one is released', async () => {
  const page = await openTalkingTab({ databaseName: freshName('odd') })
  await page.sessionManager.endSession()
  await page.agent.connect()
  page.agent.sendText('another')
  const other = page.state().session.id ?? ''
  await page.sessionManager.endSession()
  const options = { reconnect: false }
  const outcomes = await Promise.all([
    page.sessionManager.restoreSession(page.id, options),
    page.sessionManager.restoreSession(other, options),
  ])
  expect(outcomes.map(({ conversation }) => conversation)).toEqual(['none', 'restored'])
  expect(page.texts()).toEqual(['another'])
  await vi.waitFor(async () => expect(await heldSessions(page.databaseName)).toEqual([other]))
})

/** A tab in a call of another conversation than the one to restore. */
async function talkingElsewhere() {
  const page = await openTalkingTab({ databaseName: freshName('odd') })
  await page.sessionManager.endSession()
  await page.agent.connect()
  page.agent.sendText('another')
  return page
}

test('a call requested right after a restore belongs to the restored session', async () => {
  const page = await talkingElsewhere()
  const restoring = page.sessionManager.restoreSession(page.id, { reconnect: false })
  await page.agent.connect()
  expect(await restoring).toEqual({ conversation: 'restored', agent: 'none' })
  expect(page.texts()).toEqual(['before'])
  expect(page.state()).toMatchObject({ connection: { status: 'connected' }, session: { id: page.id } })
  expect(page.transport.requests).toHaveLength(3)
  expect(page.transport.requests.at(-1)).toMatchObject({ resume: true, context: [{ text: 'before' }] })
})

test('a call that is ended while it waits for a restore is not made', async () => {
  const page = await talkingElsewhere()
  const restoring = page.sessionManager.restoreSession(page.id, { reconnect: false })
  const connecting = page.agent.connect()
  const refused = expect(connecting).rejects.toMatchObject({ code: 'not-connected' })
  await page.agent.disconnect()
  await refused
  expect(await restoring).toMatchObject({ conversation: 'restored' })
  expect(page.transport.requests).toHaveLength(2)
  expect(page.transport.open).toBe(0)
})

test.each([
  ['no conversation', async () => ({})],
  ['messages that are none', async (state: object) => ({ ...state, messages: 'oops' })],
  ['another conversation', async (state: object) => ({ ...state, head: { id: 'another' } })],
])('a migration that returns %s is rejected, and nothing is overwritten', async (_what, migrate) => {
  const { databaseName, id } = await leftTab()
  const page = openPage({ databaseName, version: 2, migrate: migrate as never })
  await page.sessionManager.initialize()
  expect(page.state().session.restore).toMatchObject({
    conversation: 'failed',
    reason: 'session-unreadable',
    error: { message: expect.stringContaining('persistence.migrate') },
  })
  await page.voiceAgent.dispose()

  const before = openTab({ databaseName })
  await before.sessionManager.restoreSession(id)
  expect(before.texts()).toEqual(['before'])
})

test('a session that can’t be saved says why, as long as that lasts', async () => {
  const complain = vi.spyOn(console, 'error')
  onTestFinished(() => complain.mockRestore())
  const keyProvider = () => Promise.reject(new Error('the server is gone'))
  const page = openTab({ databaseName: freshName('odd'), keyProvider })
  await page.sessionManager.initialize()
  await page.agent.connect()
  const isExplained = { storage: 'degraded', error: { code: 'key-unavailable' } }
  expect(page.state().session).toMatchObject(isExplained)
  await page.agent.newSession()
  await page.agent.connect()
  expect(page.state().session).toMatchObject(isExplained)
  page.agent.sendText('not kept')
  await page.persistor.flush()
  expect(complain).not.toHaveBeenCalled()
})

test('a missing localforage driver is reported by name', async () => {
  const page = openTab({ databaseName: freshName('odd'), driver: 'noSuchDriver' })
  await page.sessionManager.initialize()
  expect(page.state().session).toMatchObject({
    storage: 'memory',
    error: { code: 'storage-unavailable', message: expect.stringContaining('noSuchDriver') },
  })
})

test('a restored session says when it was last saved', async () => {
  const before = await openTalkingTab({ databaseName: freshName('odd') })
  const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 5_000)
  onTestFinished(() => clock.mockRestore())
  before.agent.sendText('later')
  await before.persistor.flush()
  const [{ updatedAt } = { updatedAt: 0 }] = await before.sessionManager.listSessions()
  await before.voiceAgent.dispose()
  const page = openPage({ databaseName: before.databaseName })
  const onRestored = vi.fn()
  page.agent.on('sessionRestored', onRestored)
  await page.sessionManager.initialize()
  expect(onRestored).toHaveBeenCalledWith(expect.objectContaining({ updatedAt }))
})

test("an app's subscriber that throws when a save is reported prevents no save", async () => {
  const databaseName = freshName('odd')
  const page = openTab({ databaseName, debounceMs: 5_000 })
  await page.sessionManager.initialize()
  await page.agent.connect()
  const stop = page.subscribe(() => {
    if (page.state().session.lastSavedAt === null) return
    stop()
    throw new Error('of the app')
  })
  const uncaught: unknown[] = []
  const onUncaught = (event: ErrorEvent) => {
    event.preventDefault()
    uncaught.push(String(event.error))
  }
  window.addEventListener('error', onUncaught)
  onTestFinished(() => window.removeEventListener('error', onUncaught))
  page.agent.sendText('one')
  await page.persistor.flush()
  expect(uncaught).toEqual(['Error: of the app'])
  page.agent.sendText('two')
  await page.persistor.flush()
  await page.voiceAgent.dispose()
  const next = openPage({ databaseName })
  await next.sessionManager.initialize()
  expect(next.texts()).toEqual(['one', 'two'])
})
