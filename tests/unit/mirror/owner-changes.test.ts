/** Commands of a mirror whose owner changes before it answers. */
import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import { expect, it, vi } from 'vitest'
import { answerOf, captureUncaught, rest } from '../orders/support.js'
import { FakeChannel, makeKey, openOwner, openTab, stubPage, type Tab, until } from './support.js'

const air = () => FakeChannel.air
const shows = (tab: Tab, texts: string[]) => vi.waitFor(() => expect(tab.texts()).toEqual(texts))
const sentBy = ({ transport }: Tab) =>
  transport.sent.flatMap((message) => (message.type === 'text' ? [message.text] : []))

async function openPair() {
  const owner = await openOwner()
  const tab = await openTab()
  await tab.mirror.follow('session-1')
  return { owner, tab }
}

/** Closes the owner before it gets the commands that `command` sends. */
async function loseOwner({ owner, tab }: { owner: Tab; tab: Tab }, command: () => void, count = 1) {
  air().hold()
  command()
  await until(() => (air().held?.length ?? 0) >= count)
  await owner.voiceAgent.dispose()
  air().release((held) => held.slice(count))
  await until(() => tab.status() === 'connecting')
}

it('a text whose owner is gone leaves the composer, so that a second press of Enter does not send it twice', async () => {
  const pair = await openPair()
  const { tab } = pair
  const submit = () => {
    const text = tab.state().conversation.draft
    if (text !== '') tab.agent.sendText(text)
  }
  tab.agent.setDraft('only once')
  await loseOwner(pair, submit)
  submit()
  const next = await openOwner()
  await shows(tab, ['before', 'only once'])
  expect(sentBy(next)).toEqual(['before', 'only once'])
  expect(tab.state().conversation.draft).toBe('')
})

it('a text that no tab could send returns to the composer, before what was typed meanwhile', async () => {
  const pair = await openPair()
  const { tab } = pair
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    tab.agent.setDraft('first')
    await loseOwner(pair, () => tab.agent.sendText('first'))
    tab.agent.setDraft('second')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(tab.status()).toBe('gone')
    expect(tab.state().conversation.draft).toBe('first\nsecond')
  } finally {
    vi.useRealTimers()
  }
})

/** Lets the owner run the commands that `command` sends, and holds its messages to the mirrors. */
async function runUnanswered(command: () => void) {
  air().hold()
  command()
  await vi.waitUntil(() => (air().held?.length ?? 0) >= 1)
  air().release()
  air().hold()
  await vi.waitUntil(() => (air().held?.length ?? 0) >= 2)
}

it('a text whose answer a page in the back/forward cache does not get is shown once, and not in the composer', async () => {
  const page = stubPage()
  const { tab } = await openPair()
  tab.agent.setDraft('only once')
  await runUnanswered(() => tab.agent.sendText('only once'))
  page.hide()
  await rest()
  air().release(() => [])
  page.show()
  await shows(tab, ['before', 'only once'])
  await rest()
  expect([tab.texts(), tab.state().conversation.draft]).toEqual([['before', 'only once'], ''])
})

it.each([
  ['approval', 'approveTool'],
  ['refusal', 'declineTool'],
] as const)('a tool call whose %s the owner ran before it was gone: no error', async (_name, command) => {
  const disk = memoryStorage()
  await makeKey('session-1')
  const owner = await openTab('session-1', {}, undefined, disk.records)
  await owner.agent.connect()
  const tab = await openTab('session-1', {}, undefined, disk.records)
  await tab.mirror.follow('session-1')
  owner.transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
  owner.transport.emit({ type: 'toolApprovalNeeded', toolCallId: 'c1' })
  const isShown = (status: string) => () =>
    tab.voiceAgent.selectors.selectMessages({ voiceAgent: tab.state() })[0]?.tool?.status === status
  await vi.waitUntil(isShown('awaiting-approval'))
  await runUnanswered(() => tab.agent[command]('c1'))
  await owner.voiceAgent.dispose()
  // Only that the owner has left.
  air().release((held) => held.slice(-1))
  await vi.waitUntil(() => tab.status() === 'connecting')
  tab.answers.length = 0
  await tab.mirror.takeOver()
  await vi.waitUntil(isShown(command === 'approveTool' ? 'unknown' : 'declined'))
  await rest()
  expect(tab.answers.filter((code) => code !== null)).toEqual([])
})

it.each(['continues the conversation', 'stops mirroring'])(
  "a mirror that %s shows its own storage, not the owner's failing one",
  async (how) => {
    const { records } = memoryStorage()
    await makeKey('session-1')
    const owner = await openTab('session-1', {}, undefined, records)
    await owner.agent.connect()
    await owner.voiceAgent.persistor.flush()
    const tab = await openTab('session-1', {}, undefined, records)
    await tab.mirror.follow('session-1')
    const { actions } = owner.voiceAgent
    const error = { code: 'storage-write-failed', message: '', recoverable: true } as const
    owner.agent.store.dispatch(actions.storageStatusChanged({ storage: 'degraded', error }))
    await vi.waitUntil(() => tab.state().session.storage === 'degraded')
    await owner.voiceAgent.dispose()
    if (how === 'stops mirroring') tab.mirror.stop()
    else await tab.mirror.takeOver()
    await vi.waitUntil(() => tab.state().session.storage !== 'degraded')
    expect(tab.state().session).toMatchObject({ error: null, mirror: null })
  },
)

it('a mirror is cleared if its owner signs out, although a subscriber disposes of the owner because of that', async () => {
  const owner = await openOwner()
  const tab = await openTab()
  await tab.mirror.follow('session-1')
  expect(tab.texts()).toEqual(['before'])
  let disposal: Promise<void> | undefined
  owner.onChange(() => {
    if (owner.state().connection.status === 'disconnected') disposal ??= owner.voiceAgent.dispose()
  })
  owner.agent.reset().catch(() => {})
  await disposal
  await vi.waitUntil(() => tab.status() !== 'live')
  expect([tab.status(), tab.texts()]).toEqual([null, []])
})

it('a tab that was offered a conversation does not report the failure of its own storage again', async () => {
  const setItem = async () => {
    throw new VoiceAgentError('storage-quota')
  }
  const tab = await openTab('session-1', {}, undefined, { setItem })
  const reports: string[] = []
  tab.agent.on('storageDegraded', ({ code }) => reports.push(code))
  const call = async () => {
    await tab.agent.connect()
    tab.agent.sendText('said while the disk is full')
    await tab.voiceAgent.persistor.flush()
  }
  await call()
  await tab.agent.newSession()
  const offered = { mirror: { sessionId: 'session-2', status: 'offered' } }
  tab.agent.store.dispatch({ type: 'voiceAgent/mirrorReceived', payload: offered })
  const { length } = reports
  await tab.agent.connect()
  expect(tab.state().session).toMatchObject({ mirror: null, error: { code: 'storage-quota' } })
  await tab.voiceAgent.persistor.flush()
  expect([length, reports.length]).toEqual([1, 1])
})

it('two owners in a row that are gone before they answer: the third one runs the commands, in order', async () => {
  const pair = await openPair()
  const { tab } = pair
  await loseOwner(
    pair,
    () => {
      tab.agent.sendText('one')
      tab.agent.sendText('two')
    },
    2,
  )
  air().hold()
  const second = await openOwner()
  // The search and the welcome arrive, the commands do not.
  air().release()
  air().hold()
  await vi.waitUntil(() => tab.status() === 'live' || (air().held?.length ?? 0) >= 2)
  await second.voiceAgent.dispose()
  air().release((held) => held.slice(2))
  const third = await openOwner()
  await shows(tab, ['before', 'one', 'two'])
  expect(sentBy(third)).toEqual(['before', 'one', 'two'])
})

it('a text and End whose owner is gone run in this order in the next owner', async () => {
  const pair = await openPair()
  const { tab } = pair
  await loseOwner(pair, () => tab.agent.sendText('a last word'))
  const ended = tab.agent.disconnect()
  const next = await openOwner()
  await ended
  expect(sentBy(next)).toEqual(['before', 'a last word'])
  expect(next.state().connection.status).toBe('disconnected')
  await shows(tab, ['before', 'a last word'])
})

it('a command to an owner that is still saving the moving session waits until it has left', async () => {
  await makeKey('session-1')
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const owner = await openTab('session-1', {}, undefined, { release: () => released })
  await owner.agent.connect()
  const [tab, taker] = [await openTab(), await openTab()]
  for (const each of [tab, taker]) await each.mirror.follow('session-1')
  const moved = taker.mirror.takeOver().catch(() => undefined)
  await vi.waitUntil(() => owner.state().session.id === null)
  await rest()
  const { length } = air().posted
  const renamed = tab.sessionManager.renameSession('session-1', 'A name')
  renamed.catch(() => undefined)
  // The command and its answer, and nothing else.
  await vi.waitUntil(() => air().posted.length >= length + 2)
  await rest(50)
  expect(air().posted.length - length).toBe(2)
  release()
  await moved
  await openOwner()
  await renamed
})

it('a text typed while the conversation moves away from a tab that is gone is sent by the next owner, if the move fails', async () => {
  const pair = await openPair()
  const { tab } = pair
  await loseOwner(pair, () => tab.agent.mute())
  // In this test, each tab has its own disk, so this one does not find the conversation.
  const moved = answerOf(tab.mirror.takeOver())
  tab.agent.setDraft('meanwhile')
  tab.agent.sendText('meanwhile')
  expect(await moved).toBe('session-missing')
  const next = await openOwner()
  await shows(tab, ['before', 'meanwhile'])
  expect(sentBy(next)).toEqual(['before', 'meanwhile'])
})

it.each<[string, string, (tab: Tab) => unknown]>([
  ['mirror.stop()', 'superseded', ({ mirror }) => mirror.stop()],
  ['newSession()', 'superseded', ({ agent }) => agent.newSession()],
  ['createSession()', 'superseded', ({ sessionManager }) => sessionManager.createSession()],
  ['reset()', 'superseded', ({ agent }) => agent.reset()],
  ['dispose()', 'disposed', ({ voiceAgent }) => voiceAgent.dispose()],
])('%s while commands wait for the next owner: each has one answer', async (_name, code, leave) => {
  const uncaught = captureUncaught()
  const pair = await openPair()
  const { tab } = pair
  const answers: Promise<string>[] = []
  await loseOwner(
    pair,
    () => {
      tab.agent.sendText('waits')
      answers.push(answerOf(tab.sessionManager.renameSession('session-1', 'A name')))
    },
    2,
  )
  answers.push(answerOf(tab.agent.disconnect()))
  await leave(tab)
  expect(await Promise.all(answers)).toEqual([code, code])
  const next = await openOwner()
  await rest()
  expect([sentBy(next), next.state().connection.status]).toEqual([['before'], 'connected'])
  expect(uncaught).toEqual([])
})
