import { VoiceAgentError, type VoiceAgentOptions } from 'redux-voice-agent'
import type { VoiceStorage } from 'redux-voice-agent/testing'
import { describe, expect, it, vi } from 'vitest'
import { reconnectAfterMinute, statusIs } from '../middleware/support.js'
import {
  answerOf,
  countingTokens,
  deferred,
  idOf,
  leaveTwoSessions,
  type Page,
  rest,
  setUp,
} from './support.js'

interface World {
  page: Page
  storage: VoiceStorage
  /** Id of another stored session. */
  earlier: string
  /** Set by tests to make the agent unreachable. */
  agent: { isDown: boolean }
}

/** A live call, with other conversations stored. */
async function startCall(
  reconnect: VoiceAgentOptions['reconnect'] = { baseDelayMs: 0, maxAttempts: 2 },
): Promise<World> {
  const { storage, earlier } = await leaveTwoSessions()
  const agent = { isDown: false }
  const page = setUp(
    () => {
      if (agent.isDown) throw new VoiceAgentError('agent-unreachable')
      return 'fresh'
    },
    { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never', reconnect },
  )
  await page.sessionManager.initialize()
  await page.agent.newSession()
  await page.agent.connect()
  return { page, storage, earlier, agent }
}

/** Loses the connection, so that texts wait for the next one. */
async function loseConnection({ page, agent }: World) {
  agent.isDown = true
  const lost = statusIs(page.agent, 'reconnecting')
  page.transport.emit({ type: 'connectionState', state: 'closed' })
  await lost
}

const sentTexts = ({ transport }: Page) =>
  transport.sent.flatMap((message) => (message.type === 'text' ? [message.text] : []))

const messages = ({ agent, store }: Page) => agent.selectors.selectMessages(store.getState())

/** Ways to switch from one session to a call in another. */
const switches: [string, (world: World) => Promise<unknown>][] = [
  ['newSession()', ({ page }) => page.agent.newSession()],
  ['endSession()', ({ page }) => page.sessionManager.endSession()],
  ['createSession()', ({ page }) => page.sessionManager.createSession()],
  ['restoreSession()', ({ page, earlier }) => page.sessionManager.restoreSession(earlier)],
  ['deleteSession()', ({ page }) => page.sessionManager.deleteSession(idOf(page))],
  ['purge()', ({ page }) => page.voiceAgent.persistor.purge()],
  ['reset()', ({ page }) => page.agent.reset()],
  ['a reset of the root state', async ({ page }) => page.logOut()],
  [
    'restoreRequested',
    async ({ page, earlier }) => {
      page.store.dispatch(page.actions.restoreRequested({ sessionId: earlier }))
      await vi.waitFor(() => expect(page.state().session.id).toBe(earlier))
    },
  ],
]

/** When the session is left, after something was said that could not be sent. */
const moments: [string, (world: World) => Promise<unknown>][] = [
  ['while the connection is being restored', async () => {}],
  [
    'after the call has failed',
    ({ page }) => vi.waitFor(() => expect(page.state().connection.status).toBe('failed')),
  ],
  ['after disconnect()', ({ page }) => page.agent.disconnect()],
]

const combinations = moments.flatMap(([when, wait]) =>
  switches.map(([how, leave]) => ({ when, wait, how, leave })),
)
const policyOf = (when: string) =>
  when.startsWith('while') ? reconnectAfterMinute(2) : { baseDelayMs: 0, maxAttempts: 2 }

describe('what is said in one session never reaches the agent of the next', () => {
  it.each(combinations)('a text, $when, after leaving by $how', async ({ when, wait, leave }) => {
    const world = await startCall(policyOf(when))
    const { page, agent } = world
    await loseConnection(world)
    page.agent.sendText('of the first session')
    await wait(world)
    expect(await answerOf(leave(world))).toBe('resolved')
    agent.isDown = false
    expect(await answerOf(page.agent.connect())).toBe('resolved')
    page.agent.sendText('of the second session')
    await rest()
    expect(sentTexts(page)).toEqual(['of the second session'])
    expect(page.texts()).not.toContain('of the first session')
    expect(page.transport.requests.at(-1)?.context.map(({ text }) => text)).not.toContain(
      'of the first session',
    )
  })

  // Nothing is stored before the first token, so some ways of leaving lose the text: docs/concepts/guarantees.md#losses.
  it.each(switches.filter(([how]) => !/delete|purge/.test(how)))(
    'a text typed before the first token, after leaving by %s',
    async (_how, leave) => {
      const { storage, earlier } = await leaveTwoSessions()
      const issue = countingTokens()
      const issued = deferred()
      const page = setUp(undefined, {
        persistence: { storage, debounceMs: 0 },
        autoReconnect: 'never',
        refreshToken: vi.fn(async (request) => {
          await issued.promise
          return issue(request)
        }),
      })
      await page.sessionManager.initialize()
      await page.agent.newSession()
      const connected = answerOf(page.agent.connect())
      page.agent.sendText('before the first token')
      const left = answerOf(leave({ page, storage, earlier, agent: { isDown: false } }))
      issued.resolve()
      expect(await left).toBe('resolved')
      expect(await connected).not.toBe('pending')
      expect(await answerOf(page.agent.connect())).toBe('resolved')
      await rest()
      expect(sentTexts(page)).toEqual([])
      const shown = messages(page).filter(({ text }) => text === 'before the first token')
      expect(shown.every(({ isUnsent }) => isUnsent)).toBe(true)
    },
  )

  it.each(switches)('an agent message, after leaving by %s', async (_how, leave) => {
    const world = await startCall(reconnectAfterMinute(2))
    const { page, agent } = world
    await loseConnection(world)
    page.agent.sendClientMessage('cart', ['of the first session'])
    expect(await answerOf(leave(world))).toBe('resolved')
    agent.isDown = false
    expect(await answerOf(page.agent.connect())).toBe('resolved')
    await rest()
    expect(page.transport.sent).toEqual([])
  })

  it.each(switches)('a tool result, after leaving by %s', async (_how, leave) => {
    const { storage, earlier } = await leaveTwoSessions()
    const answered = deferred<string>()
    const run = vi.fn(() => answered.promise)
    const page = setUp(undefined, {
      persistence: { storage, debounceMs: 0 },
      autoReconnect: 'never',
      tools: {
        look: {
          description: 'Looks.',
          parameters: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
          run,
        },
      },
    })
    await page.sessionManager.initialize()
    await page.agent.newSession()
    await page.agent.connect()
    page.transport.emit({ type: 'toolCallStarted', toolCallId: 'call', name: 'look', arguments: {} })
    await vi.waitFor(() => expect(run).toHaveBeenCalledOnce())
    expect(await answerOf(leave({ page, storage, earlier, agent: { isDown: false } }))).toBe('resolved')
    expect(await answerOf(page.agent.connect())).toBe('resolved')
    const before = messages(page)
    answered.resolve('of the first session')
    await rest()
    expect(page.transport.sent).toEqual([])
    expect(messages(page)).toEqual(before)
  })
})

describe('an unsent text is marked', () => {
  it.each([
    [
      'when the call has failed',
      ({ page }: World) => vi.waitFor(() => expect(page.state().connection.status).toBe('failed')),
    ],
    ['when the call is ended', ({ page }: World) => page.agent.disconnect()],
  ])('%s', async (_name, end) => {
    const world = await startCall()
    const { page } = world
    page.agent.sendText('heard')
    await loseConnection(world)
    page.agent.sendText('not heard')
    await end(world)
    expect(messages(page)).toMatchObject([{ text: 'heard' }, { text: 'not heard', isUnsent: true }])
    expect(messages(page)[0]).not.toHaveProperty('isUnsent', true)
    expect(sentTexts(page)).toEqual(['heard'])
  })

  it.each(switches.filter(([how]) => !/delete|purge/.test(how)))(
    'in the stored session, after leaving by %s, when it is opened again',
    async (_how, leave) => {
      const world = await startCall(reconnectAfterMinute(2))
      const { page, storage } = world
      const own = idOf(page)
      page.agent.sendText('heard')
      await page.voiceAgent.persistor.flush()
      await loseConnection(world)
      page.agent.sendText('not heard')
      await page.voiceAgent.persistor.flush()
      await leave(world)
      await page.voiceAgent.persistor.flush()
      await rest()
      await page.voiceAgent.dispose()
      const reader = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'never' })
      await reader.sessionManager.initialize()
      await reader.sessionManager.restoreSession(own, { reconnect: false })
      expect(messages(reader)).toMatchObject([{ text: 'heard' }, { text: 'not heard', isUnsent: true }])
    },
  )

  it('after a page that was closed before it could be sent', async () => {
    const world = await startCall(reconnectAfterMinute(2))
    const { page, storage } = world
    await loseConnection(world)
    page.agent.sendText('not heard')
    await page.voiceAgent.persistor.flush()
    await page.voiceAgent.dispose()
    const next = setUp(undefined, { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
    await next.sessionManager.initialize()
    await rest()
    const [message] = messages(next)
    const isSent = sentTexts(next).length === 1
    expect({ isSent, isUnsent: message?.isUnsent === true }).toEqual({ isSent, isUnsent: !isSent })
  })
})

describe('a text is sent once, or is shown as not sent', () => {
  it('it is sent when the connection has recovered, and shown as sent', async () => {
    const world = await startCall()
    await loseConnection(world)
    world.page.agent.sendText('waits')
    world.agent.isDown = false
    await vi.waitFor(() => expect(world.page.state().connection.status).toBe('connected'))
    await rest()
    expect(sentTexts(world.page)).toEqual(['waits'])
    expect(messages(world.page)[0]).not.toHaveProperty('isUnsent', true)
  })

  it('it is sent once the first connection of a call is established', async () => {
    const gate = deferred<'fresh'>()
    const page = setUp(() => gate.promise)
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(page.transport.requests).toHaveLength(1))
    page.agent.sendText('early')
    expect(page.transport.sent).toEqual([])
    gate.resolve('fresh')
    await connected
    expect(sentTexts(page)).toEqual(['early'])
    expect(messages(page)[0]).not.toHaveProperty('isUnsent', true)
  })

  it.each(['failed', 'disconnected'])('the next call of a session that %s', async (status) => {
    const world = await startCall()
    const { page, agent } = world
    await loseConnection(world)
    page.agent.sendText('waits')
    if (status === 'disconnected') await page.agent.disconnect()
    await vi.waitFor(() => expect(page.state().connection.status).toBe(status))
    agent.isDown = false
    await page.agent.connect()
    await rest()
    const [message] = messages(page)
    const sent = sentTexts(page).length
    expect(sent).toBeLessThanOrEqual(1)
    expect(message?.isUnsent === true).toBe(sent === 0)
  })

  it('a first call that fails', async () => {
    const gate = deferred<'fresh'>()
    const page = setUp(() => gate.promise)
    const answer = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(page.transport.requests).toHaveLength(1))
    page.agent.sendText('early')
    gate.reject(new VoiceAgentError('signalling-rejected'))
    expect(await answer).toBe('signalling-rejected')
    expect(messages(page)).toMatchObject([{ text: 'early', isUnsent: true }])
    expect(page.transport.sent).toEqual([])
  })
})
