import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, vi } from 'vitest'
import { deleteKey, FakeChannel, makeKey, openOwner, openTab, say, type Tab, until } from './support.js'

const shows = (tab: Tab, texts: string[]) => vi.waitFor(() => expect(tab.texts()).toEqual(texts))
const air = () => FakeChannel.air

const isSealed = (data: unknown): data is { iv: ArrayBuffer; data: ArrayBuffer } =>
  typeof data === 'object' && data !== null && 'data' in data && data.data instanceof ArrayBuffer

async function openPair() {
  const owner = await openOwner()
  const tab = await openTab()
  await tab.mirror.follow('session-1')
  return { owner, tab }
}

it('a mirror that joins while words stream starts with them, and misses none', async () => {
  const owner = await openOwner()
  const tab = await openTab()
  owner.transport.emit({ type: 'assistantTurnStarted', turnId: 't1' })
  air().hold()
  const followed = tab.mirror.follow('session-1')
  for (const delta of ['One ', 'two ', 'three'])
    owner.transport.emit({ type: 'assistantTextAppended', turnId: 't1', delta })
  await vi.waitUntil(() => air().held?.length)
  owner.transport.emit({ type: 'assistantTextAppended', turnId: 't1', delta: ' four' })
  air().release()
  await followed
  owner.transport.emit({ type: 'assistantTextAppended', turnId: 't1', delta: ' five' })
  await shows(tab, ['before', 'One two three four five'])
})

it.each([
  ['lost', (held: never[]) => held.slice(1)],
  ['repeated', (held: never[]) => [...held, ...held]],
  ['reversed', (held: never[]) => held.toReversed()],
])("messages that are %s on the channel: the mirror shows the owner's state", async (_what, order) => {
  const { owner, tab } = await openPair()
  air().hold()
  for (const text of ['one', 'two', 'three']) {
    say(owner, text)
    await vi.waitUntil(() => owner.texts().at(-1) === text)
    await new Promise((resolve) => setTimeout(resolve))
  }
  await vi.waitUntil(() => (air().held?.length ?? 0) >= 3)
  air().release(order as never)
  say(owner, 'four')
  await shows(tab, ['before', 'one', 'two', 'three', 'four'])
  expect(owner.texts()).toEqual(tab.texts())
})

it('an altered message, and one from another page, are ignored', async () => {
  const { owner, tab } = await openPair()
  air().hold()
  say(owner, 'one')
  await vi.waitUntil(() => air().held?.length)
  const [channel] = [...air().channels].filter(({ name }) => name === 'mirror:session-1')
  channel?.postMessage({ iv: new ArrayBuffer(12), data: new ArrayBuffer(40) })
  channel?.postMessage('hello')
  air().release((held) =>
    held.map((sent) => {
      if (!isSealed(sent.data)) return sent
      const changed = new Uint8Array(sent.data.data.slice(0))
      changed[0] = (changed[0] ?? 0) ^ 1
      return { ...sent, data: { ...sent.data, data: changed.buffer } }
    }),
  )
  say(owner, 'two')
  await shows(tab, ['before', 'one', 'two'])
})

it('a command runs once, however often its message arrives, and is answered once', async () => {
  const { owner, tab } = await openPair()
  air().hold()
  tab.agent.sendText('once')
  await vi.waitUntil(() => air().held?.length)
  air().release((held) => [...held, ...held, ...held])
  await shows(tab, ['before', 'once'])
  say(owner, 'after')
  await shows(tab, ['before', 'once', 'after'])
  expect(owner.transport.sent.filter(({ type }) => type === 'text')).toHaveLength(2)
})

it('a page without the key cannot show an earlier state again', async () => {
  const { owner, tab } = await openPair()
  const earlier = [...air().posted]
  say(owner, 'after')
  await shows(tab, ['before', 'after'])
  const shown: string[][] = []
  const stop = tab.onChange(() => shown.push(tab.texts()))
  const attacker = new FakeChannel('mirror:session-1')
  for (const data of earlier) attacker.postMessage(data)
  say(owner, 'last')
  await shows(tab, ['before', 'after', 'last'])
  stop()
  expect(shown).not.toContainEqual(['before'])
})

it('a command that the owner does not get in time is rejected there, and fails here', async () => {
  const { owner, tab } = await openPair()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    air().hold()
    tab.agent.setDraft('too late')
    tab.agent.sendText('too late')
    await until(() => air().held?.length)
    await vi.advanceTimersByTimeAsync(6_100)
    expect(tab.state().connection.error).toMatchObject({ code: 'tab-unreachable', recoverable: true })
    // The words are still in the composer.
    expect(tab.state().conversation.draft).toBe('too late')
    air().release()
    await vi.advanceTimersByTimeAsync(10)
    expect(owner.texts()).toEqual(['before'])
  } finally {
    vi.useRealTimers()
  }
})

it("the owner's refusal reaches the mirror", async () => {
  const { owner, tab } = await openPair()
  await owner.agent.disconnect()
  await vi.waitUntil(() => tab.state().connection.status === 'disconnected')
  await expect(tab.sessionManager.renameSession('session-1', 5 as unknown as string)).rejects.toMatchObject({
    code: 'invalid-option',
  })
})

it('if the owner leaves during a request, the next owner runs it', async () => {
  const { owner, tab } = await openPair()
  air().hold()
  const renamed = tab.sessionManager.renameSession('session-1', 'A name')
  tab.agent.sendText('sent again')
  await vi.waitUntil(() => (air().held?.length ?? 0) >= 2)
  await owner.voiceAgent.dispose()
  air().release((held) => held.slice(2))
  await vi.waitUntil(() => tab.status() === 'connecting')
  const next = await openOwner()
  await renamed
  await shows(tab, ['before', 'sent again'])
  expect(tab.state().session.title).toBe('A name')
  expect(tab.state().connection.error).toBeNull()
  expect(next.texts()).toEqual(['before', 'sent again'])
  say(next, 'by the next owner')
  await shows(tab, ['before', 'sent again', 'by the next owner'])
  expect(tab.status()).toBe('live')
})

it('texts that no owner has run reach the next one in the order in which they were typed', async () => {
  const { owner, tab } = await openPair()
  air().hold()
  tab.agent.sendText('one')
  tab.agent.sendText('two')
  await vi.waitUntil(() => (air().held?.length ?? 0) >= 2)
  await owner.voiceAgent.dispose()
  air().release((held) => held.slice(2))
  await vi.waitUntil(() => tab.status() === 'connecting')
  tab.agent.sendText('three')
  const moved = tab.mirror.takeOver()
  tab.agent.sendText('four')
  await expect(moved).rejects.toMatchObject({ code: 'session-missing' })
  tab.agent.sendText('five')
  await openOwner()
  await shows(tab, ['before', 'one', 'two', 'three', 'four', 'five'])
})

it('a text that is typed during a move which fails goes to the next owner', async () => {
  const { owner, tab } = await openPair()
  await owner.voiceAgent.dispose()
  await vi.waitUntil(() => tab.status() === 'connecting')
  // Each tab has its own disk here, so this one does not find the conversation.
  const moved = tab.mirror.takeOver()
  expect(tab.status()).toBe('moving')
  tab.agent.sendText('kept')
  await expect(moved).rejects.toMatchObject({ code: 'session-missing' })
  const next = await openOwner()
  await shows(tab, ['before', 'kept'])
  expect(next.texts()).toEqual(['before', 'kept'])
})

it('if there is no next owner, the request fails, and the text stays in the composer', async () => {
  const { owner, tab } = await openPair()
  air().hold()
  tab.agent.setDraft('unsent')
  tab.agent.sendText('unsent')
  await vi.waitUntil(() => air().held?.length)
  await owner.voiceAgent.dispose()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    air().release((held) => held.slice(1))
    await until(() => tab.status() === 'connecting')
    await vi.advanceTimersByTimeAsync(10_000)
    expect(tab.status()).toBe('gone')
    expect(tab.state().connection.error).toMatchObject({ code: 'tab-unreachable', recoverable: true })
    expect(tab.state().conversation.draft).toBe('unsent')
  } finally {
    vi.useRealTimers()
  }
})

it('a session whose key is missing cannot be followed, and one without an owner says so', async () => {
  const tab = await openTab()
  await expect(tab.mirror.follow('session-1')).rejects.toMatchObject({ code: 'session-missing' })
  expect(tab.state().session.mirror).toBeNull()
  await makeKey('session-1')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  try {
    const followed = tab.mirror.follow('session-1')
    followed.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(10_000)
    await expect(followed).rejects.toMatchObject({ code: 'tab-unreachable' })
    expect(tab.state().session.mirror).toBeNull()
  } finally {
    vi.useRealTimers()
  }
})

it('a conversation that gets its key after it has begun can be followed from then on', async () => {
  const owner = await openTab()
  await owner.agent.connect()
  owner.agent.sendText('before')
  await owner.voiceAgent.persistor.flush()
  await makeKey('session-1')
  say(owner, 'stored')
  await owner.voiceAgent.persistor.flush()
  const tab = await openTab()
  await tab.mirror.follow('session-1')
  await shows(tab, ['before', 'stored'])
})

it('a page without the key can neither read nor write', async () => {
  const { owner } = await openPair()
  deleteKey('session-1')
  await makeKey('session-1')
  const stranger = await openTab()
  const followed = stranger.mirror.follow('session-1')
  followed.catch(() => undefined)
  say(owner, 'secret')
  await vi.waitUntil(() => owner.texts().includes('secret'))
  expect(stranger.texts()).toEqual([])
  expect(owner.mirror.mirrors).toBe(1)
  await expect(followed).rejects.toMatchObject({ code: 'tab-unreachable' })
})

it('if two follow each other, the later session is shown', async () => {
  const first = await openOwner('session-1')
  const second = await openOwner('session-2')
  say(first, 'of the first')
  say(second, 'of the second')
  const tab = await openTab()
  const early = tab.mirror.follow('session-1')
  early.catch(() => undefined)
  await tab.mirror.follow('session-2')
  await shows(tab, ['before', 'of the second'])
  expect(tab.state().session.id).toBe('session-2')
})

it('a tab that follows its own conversation keeps its call', async () => {
  const owner = await openOwner()
  await owner.mirror.follow('session-1')
  expect(owner.state().session).toMatchObject({ id: 'session-1', mirror: null })
  expect(owner.state().connection.status).toBe('connected')
})

it('a call that starts while a tab looks for a conversation wins', async () => {
  await openOwner('session-1')
  await makeKey('session-2')
  const tab = await openTab('session-2')
  await tab.agent.connect()
  const following = tab.mirror.follow('session-1')
  const superseded = expect(following).rejects.toMatchObject({ code: 'superseded' })
  // Waits until its own conversation has ended, but is not yet released.
  while (tab.state().session.id !== null) await Promise.resolve()
  await tab.agent.connect()
  await superseded
  expect(tab.status()).toBeNull()
  expect(tab.state().connection.status).toBe('connected')
})

it('a mirror that looks for another conversation shows nothing of the previous one', async () => {
  await openOwner('session-1')
  await makeKey('session-2')
  const tab = await openTab('session-2')
  await tab.mirror.follow('session-1')
  await shows(tab, ['before'])
  const following = tab.mirror.follow('session-2')
  following.catch(() => undefined)
  await vi.waitFor(() => expect(tab.state().session.mirror?.sessionId).toBe('session-2'))
  expect(tab.texts()).toEqual([])
})

it('a mirror belongs to exactly one agent', async () => {
  const { mirrorTabs } = await import('redux-voice-agent/mirror')
  const alone = mirrorTabs()
  await expect(alone.takeOver()).rejects.toMatchObject({ code: 'not-mounted' })
  expect(() => mirrorTabs({ offer: 'sometimes' as 'any' })).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  )
  const tab = await openTab()
  await expect(tab.mirror.takeOver()).rejects.toMatchObject({ code: 'not-connected' })
})

it.each([
  ['endSession()', ({ sessionManager }: Tab) => sessionManager.endSession()],
  ['createSession()', ({ sessionManager }: Tab) => sessionManager.createSession()],
  ['stop()', async ({ mirror }: Tab) => mirror.stop()],
  ['reset()', ({ agent }: Tab) => agent.reset()],
  ['eraseAll()', ({ sessionManager }: Tab) => sessionManager.eraseAll()],
])('%s supersedes a tab that is about to follow', async (_name, supersede) => {
  await openOwner()
  const tab = await openTab('session-2')
  const followed = tab.mirror.follow('session-1').then(
    () => 'followed',
    ({ code }: { code: string }) => code,
  )
  await supersede(tab)
  expect(await followed).toBe('superseded')
  await new Promise((resolve) => setTimeout(resolve))
  expect(tab.state().session.mirror).toBeNull()
})

it('a transport that a mirror refuses to switch to is not used later', async () => {
  const owner = await openOwner()
  const tab = await openTab()
  await tab.mirror.follow('session-1')
  const refused = scriptedTransport()
  await expect(tab.agent.switchTransport(refused)).rejects.toMatchObject({ code: 'session-open-elsewhere' })
  tab.mirror.stop()
  await owner.agent.disconnect()
  await tab.agent.connect()
  expect([refused.open, tab.transport.open]).toEqual([0, 1])
})
