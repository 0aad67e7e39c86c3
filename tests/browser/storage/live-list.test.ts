import { expect, it, onTestFinished, vi } from 'vitest'
import { isWebKit } from './engine.js'
import { openStorage } from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'
import { openTab, openTalkingTab } from './voice-app.js'

/** Two tabs of one database, and the changes that the second one receives. */
async function twoTabs() {
  const writer = await openStorage()
  const reader = await openStorage({ databaseName: writer.databaseName })
  const changed = vi.fn<(sessionIds: string[]) => void>()
  reader.onChanged(changed)
  return { writer, reader, changed }
}

it('is notified of sessions that another tab saves, opens, releases and deletes', async () => {
  const { writer, reader, changed } = await twoTabs()
  /** The list as it was read at the last change. A slow tab causes several changes. */
  let shown: unknown
  let reading = Promise.resolve()
  changed.mockImplementation(() => {
    reading = reading.then(async () => {
      shown = await reader.records.list()
    })
  })
  await writer.records.create('s1')
  await expect.poll(() => shown).toEqual([])
  await writer.records.setItem('s1', snapshotOf({ length: 2 }))
  await expect.poll(() => shown).toMatchObject([{ id: 's1', messageCount: 2, isOpenElsewhere: true }])
  await writer.records.release('s1')
  await expect.poll(() => shown).toMatchObject([{ id: 's1', isOpenElsewhere: false }])
  await writer.records.removeItem('s1')
  await expect.poll(() => shown).toEqual([])
  changed.mockImplementation(() => {})
  await reading
  expect(changed.mock.calls.flat(2)).not.toContainEqual(expect.not.stringMatching(/^s1$/))
})

it('does not list a session as open elsewhere if this tab acquires or releases it while the list is read', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 2 }))
  for (let round = 0; round < 20; round++) {
    // The browser's response reflects the locks at the time of the query, and arrives after the release.
    const [whileReleased] = await Promise.all([writer.records.list(), writer.records.release('s1')])
    const [whileAcquired] = await Promise.all([writer.records.list(), writer.records.getItem('s1')])
    const whileOwned = await writer.records.list()
    for (const list of [whileReleased, whileAcquired, whileOwned])
      expect(list).toMatchObject([{ id: 's1', isOpenElsewhere: false }])
  }
  expect(await reader.records.list()).toMatchObject([{ isOpenElsewhere: true }])
})

it('coalesces many changes into one event', async () => {
  const { writer, changed } = await twoTabs()
  const announced = new BroadcastChannel(`redux-voice-agent:${writer.databaseName}:changed`)
  onTestFinished(() => announced.close())
  const ids = new Set<string>()
  announced.onmessage = ({ data }) => ids.add(data)
  // The event waits for a timer. A busy machine may need longer for the changes.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  await Promise.all(['a', 'b', 'c'].map((id) => writer.records.create(id)))
  // This channel was opened last, so each message has reached the reader before.
  while (ids.size < 3) await navigator.locks.query()
  await vi.advanceTimersByTimeAsync(100)
  expect(changed.mock.calls.map(([changedIds]) => changedIds.toSorted())).toEqual([['a', 'b', 'c']])
})

it('is not notified of another database, nor after it was closed', async () => {
  const { writer, reader, changed } = await twoTabs()
  const third = await openStorage({ databaseName: writer.databaseName })
  const heard = vi.fn<(sessionIds: string[]) => void>()
  third.onChanged(heard)
  const other = await openStorage()
  await other.records.create('other')
  await reader.records.close()
  await writer.records.create('s1')
  await expect.poll(() => heard.mock.calls).toContainEqual([['s1']])
  expect(heard.mock.calls.flat(2)).not.toContain('other')
  expect(changed).not.toHaveBeenCalled()
})

it('emits the event on the agent, also for its own changes', async () => {
  const databaseName = `live-${Date.now()}`
  const page = openTab({ databaseName })
  const changed = vi.fn<(event: { sessionIds: string[] }) => void>()
  page.agent.on('sessionsChanged', changed)
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.agent.sendText('words')
  await page.persistor.flush()
  const id = page.state().session.id ?? ''
  await expect.poll(() => changed.mock.lastCall).toEqual([{ sessionIds: [id] }])
})

function stubEstimate(usage: () => number) {
  const estimate = vi
    .spyOn(navigator.storage, 'estimate')
    .mockImplementation(async () => ({ usage: usage(), quota: 1000 }))
  onTestFinished(() => estimate.mockRestore())
  return estimate
}

it.skipIf(isWebKit)('warns once before the storage is full, and again after space was freed', async () => {
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
  onTestFinished(() => clock.mockRestore())
  let used = 500
  const estimate = stubEstimate(() => used)
  const page = openTab({ databaseName: `fill-${Date.now()}`, warnAtUsage: 0.8 })
  const warned = vi.fn<(fill: { usedBytes: number; quotaBytes: number }) => void>()
  page.agent.on('storageAlmostFull', warned)
  await page.sessionManager.initialize()
  await page.agent.connect()
  const saveAt = async (usedBytes: number, later = 60_000) => {
    used = usedBytes
    now += later
    page.agent.sendText('words')
    await page.persistor.flush()
  }
  await saveAt(799)
  expect(warned).not.toHaveBeenCalled()
  await saveAt(800)
  await expect.poll(() => warned.mock.calls).toEqual([[{ usedBytes: 800, quotaBytes: 1000 }]])
  await saveAt(950)
  await saveAt(760)
  await saveAt(950)
  expect(warned).toHaveBeenCalledTimes(1)
  await saveAt(700)
  await saveAt(801)
  await expect.poll(() => warned.mock.calls.length).toBe(2)
  const { length } = estimate.mock.calls
  await saveAt(700, 1000)
  expect(estimate.mock.calls.length).toBe(length)
  expect(JSON.stringify(page.state())).not.toContain('quotaBytes')
})

it.skipIf(isWebKit)('warns at 90 % by default, and never if the warning is turned off', async () => {
  let used = 899
  stubEstimate(() => used)
  const warned = vi.fn()
  async function openWatched() {
    const page = openTab({ databaseName: `fill-default-${crypto.randomUUID()}` })
    page.agent.on('storageAlmostFull', warned)
    await page.sessionManager.initialize()
    await page.sessionManager.listSessions()
  }
  await openWatched()
  expect(warned).not.toHaveBeenCalled()
  used = 900
  await openWatched()
  await expect.poll(() => warned.mock.calls.length).toBe(1)
  const never = openTab({ databaseName: `fill-never-${Date.now()}`, warnAtUsage: false })
  never.agent.on('storageAlmostFull', warned)
  await never.sessionManager.initialize()
  await never.sessionManager.listSessions()
  expect(warned).toHaveBeenCalledTimes(1)
})

it('shows a session that another tab has open, and follows its saves', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 200 }))
  const session = await (await reader.tools()).openReadOnly('s1')
  onTestFinished(() => session.close())
  const listener = vi.fn()
  session.subscribe(listener)
  const { messages, ...rest } = session.get()
  expect(rest).toEqual({
    firstLoadedIndex: 128,
    hasEarlier: true,
    messageCount: 200,
    updatedAt: 1000,
    lost: [],
    isOpenElsewhere: true,
    error: null,
  })
  expect(messages).toEqual(messagesOf(200).slice(128))
  expect(session.get()).toBe(session.get())

  const longer = [...messagesOf(200), message(200, 'new words')]
  await writer.records.setItem('s1', snapshotOf({ messages: longer, revision: 2 }))
  await expect.poll(() => session.get().messages.at(-1)?.text).toBe('new words')
  expect(listener).toHaveBeenCalled()
  expect(session.get().messages).toEqual(longer.slice(128))
})

it('loads earlier messages, and keeps them as the session grows by segments', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 300 }))
  const session = await (await reader.tools()).openReadOnly('s1')
  onTestFinished(() => session.close())
  while (session.get().hasEarlier) await session.loadEarlier()
  expect(session.get()).toMatchObject({ messages: messagesOf(300), firstLoadedIndex: 0 })
  await writer.records.setItem('s1', snapshotOf({ length: 600, revision: 2 }))
  await expect.poll(() => session.get().messages.length).toBe(600)
  expect(session.get().messages).toEqual(messagesOf(600))
  const changed = messagesOf(600).with(3, message(3, 'changed'))
  await writer.records.setItem('s1', snapshotOf({ messages: changed, revision: 3 }))
  await expect.poll(() => session.get().messages).toEqual(changed)
})

/** Holds the answers about locks, which end the first read of a session. */
function holdLocks() {
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const query = navigator.locks.query.bind(navigator.locks)
  const asked = vi.spyOn(navigator.locks, 'query').mockImplementation(() => answered.then(query))
  onTestFinished(() => asked.mockRestore())
  return { asked, answer }
}

it('shows what another tab saves during the first read', async () => {
  const { writer, reader, changed } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  await expect.poll(() => changed.mock.calls).not.toEqual([])
  const tools = await reader.tools()
  const { asked, answer } = holdLocks()
  const opening = tools.openReadOnly('s1')
  await expect.poll(() => asked.mock.calls.length).toBeGreaterThan(0)
  const announced = new BroadcastChannel(`redux-voice-agent:${writer.databaseName}:changed`)
  onTestFinished(() => announced.close())
  const isAnnounced = new Promise((resolve) => {
    announced.onmessage = resolve
  })
  await writer.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  // This channel was opened last, so the reader has got the message before.
  await isAnnounced
  answer()
  const session = await opening
  onTestFinished(() => session.close())
  await expect.poll(() => session.get().messages.length).toBe(4)
})

it('does not open for a user who has left during the first read', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  const tools = await reader.tools()
  const { asked, answer } = holdLocks()
  const opening = tools.openReadOnly('s1')
  await expect.poll(() => asked.mock.calls.length).toBeGreaterThan(0)
  await reader.reopen({ scope: 'another' })
  answer()
  await expect(opening).rejects.toMatchObject({ code: 'storage-unavailable' })
})

it('calls the other listeners if one throws, and shows the session', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  const session = await (await reader.tools()).openReadOnly('s1')
  onTestFinished(() => session.close())
  const uncaught = vi.fn((event: ErrorEvent) => event.preventDefault())
  window.addEventListener('error', uncaught)
  onTestFinished(() => window.removeEventListener('error', uncaught))
  const listener = vi.fn()
  session.subscribe(() => {
    throw new Error('a listener of the app')
  })
  session.subscribe(listener)
  await writer.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  await expect.poll(() => session.get()).toMatchObject({ error: null, messageCount: 4 })
  expect(listener).toHaveBeenCalled()
  expect(uncaught).toHaveBeenCalled()
})

it('takes nothing from the other tab, which continues to write, and writes nothing', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  const put = vi.spyOn(IDBObjectStore.prototype, 'put')
  onTestFinished(() => put.mockRestore())
  const session = await (await reader.tools()).openReadOnly('s1')
  await session.loadEarlier()
  session.close()
  expect(put).not.toHaveBeenCalled()
  await writer.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  expect(writer.statuses.at(-1)?.[0]).toBe('persistent')
})

it('reports that the other tab has released the session, so that it can be opened', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  const session = await (await reader.tools()).openReadOnly('s1')
  expect(session.get().isOpenElsewhere).toBe(true)
  await writer.records.release('s1')
  await expect.poll(() => session.get().isOpenElsewhere).toBe(false)
  session.close()
  expect((await reader.records.getItem('s1'))?.messages).toHaveLength(3)
})

it('shows nothing of a deleted session', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  const session = await (await reader.tools()).openReadOnly('s1')
  await writer.records.removeItem('s1')
  await expect.poll(() => session.get().error?.code).toBe('session-missing')
  expect(session.get().messages).toEqual([])
})

it('shows nothing of it after the user has changed', async () => {
  const { writer, reader } = await twoTabs()
  await writer.records.create('s1')
  await writer.records.setItem('s1', snapshotOf({ length: 3 }))
  const session = await (await reader.tools()).openReadOnly('s1')
  await reader.reopen({ scope: 'another' })
  expect(session.get().messages).toEqual([])
  expect(session.get().error?.code).toBe('storage-unavailable')
})

it('rejects for a session that is missing or unreadable', async () => {
  const page = await openTalkingTab({ databaseName: `read-only-${Date.now()}` })
  await expect(page.sessionManager.openReadOnly('none')).rejects.toMatchObject({ code: 'session-missing' })
  const session = await page.sessionManager.openReadOnly(page.id)
  expect(session.get()).toMatchObject({ isOpenElsewhere: false, messages: [{ text: 'before' }] })
  session.close()
})
