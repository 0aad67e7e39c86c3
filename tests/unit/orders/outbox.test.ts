import { VoiceAgentError, type VoiceAgentOptions } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import type { ClientMessage, TransportEvent, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { describe, expect, it, vi } from 'vitest'
import { sortUnsent } from '../../../store/index.js'
import { toMessages } from '../../../store/message-log.js'
import { reconnectAfterMinute, statusIs } from '../middleware/support.js'
import { answerOf, deferred, type Page, rest, setUp } from './support.js'

type Text = Extract<ClientMessage, { type: 'text' }>

/** An agent that remembers received texts across connections, like a server with the session contract. */
function createAgent({ acknowledges = true } = {}) {
  const agent = {
    acknowledges,
    /** Received texts, in order. Duplicates count. */
    received: [] as Text[],
    /** How the next connection continues. */
    continues: 'resumed' as 'resumed' | 'reseeded' | 'fresh',
    isDown: false,
    /** Loses sent texts, their acknowledgements, or nothing. */
    loses: 'nothing' as 'nothing' | 'texts' | 'acknowledgements',
    /** Ids of texts still in the data channel's buffer. */
    buffered: [] as string[],
    /** True if texts stay in that buffer. */
    isHolding: false,
    isChannelOpen: true,
    lose: () => {},
    emit: (_event: TransportEvent) => {},
    transport: null as VoiceTransportFactory | null,
  }
  const acknowledge = () => ({
    type: 'textsAcknowledged' as const,
    lastTextId: agent.received.at(-1)?.id ?? null,
  })
  agent.transport = ({ emit }) => {
    agent.emit = emit
    agent.lose = () => emit({ type: 'connectionState', state: 'closed' })
    return {
      async connect({ resume }) {
        if (agent.isDown) throw new VoiceAgentError('agent-unreachable')
        if (agent.acknowledges) emit(acknowledge())
        return resume ? agent.continues : 'fresh'
      },
      send(message) {
        if (message.type !== 'text') return
        if (!agent.isChannelOpen) return false
        if (agent.isHolding) agent.buffered.push(message.id)
        if (agent.loses !== 'texts') agent.received.push(message)
        if (agent.acknowledges && agent.loses === 'nothing') emit(acknowledge())
      },
      undelivered: () => agent.buffered,
      close() {},
    }
  }
  return agent
}

type Agent = ReturnType<typeof createAgent>

const open = (agent: Agent, options: Partial<VoiceAgentOptions> = {}) =>
  setUp(undefined, {
    transport: agent.transport as VoiceTransportFactory,
    reconnect: { baseDelayMs: 0, maxAttempts: 3 },
    ...options,
  })

async function calling(agent: Agent, options: Partial<VoiceAgentOptions> = {}) {
  const page = open(agent, options)
  await page.agent.connect()
  return page
}

/** Loses the connection, and waits until it has recovered or the call has failed. */
async function loseConnection(agent: Agent, page: Page) {
  agent.lose()
  agent.loses = 'nothing'
  await rest(20)
  await vi.waitFor(() => expect(page.state().connection.status).toMatch(/connected|failed/))
  await rest(5)
}

/** The visible texts, and how they are shown. */
function shown({ state, voiceAgent, store }: Page) {
  const { outbox } = state().conversation
  return voiceAgent.selectors
    .selectMessages(store.getState())
    .map(
      ({ id, text, isUnsent }) =>
        `${text}: ${isUnsent ? (outbox.includes(id) ? 'pending' : 'not sent') : 'sent'}`,
    )
}

const got = (agent: Agent) => agent.received.map(({ text }) => text)

describe('a text that was sent just before a loss', () => {
  it('is pending until the agent acknowledges it', async () => {
    const agent = createAgent()
    const page = await calling(agent)
    agent.loses = 'acknowledgements'
    page.agent.sendText('one')
    expect(shown(page)).toEqual(['one: pending'])
    agent.loses = 'nothing'
    page.agent.sendText('two')
    expect(shown(page)).toEqual(['one: sent', 'two: sent'])
  })

  it('is never lost, however many wait with it', async () => {
    const agent = createAgent()
    const page = await calling(agent)
    const texts = Array.from({ length: 120 }, (_, index) => `text ${index}`)
    agent.loses = 'acknowledgements'
    for (const text of texts.slice(0, 60)) page.agent.sendText(text)
    expect(page.state().conversation.outbox).toHaveLength(60)
    agent.loses = 'nothing'
    page.agent.sendText('acknowledged')
    expect(page.state().conversation.outbox).toEqual([])
    agent.loses = 'texts'
    for (const text of texts.slice(60)) page.agent.sendText(text)
    await loseConnection(agent, page)
    expect(got(agent)).toEqual([...texts.slice(0, 60), 'acknowledged', ...texts.slice(60)])
    expect(page.state().conversation.outbox).toEqual([])
    expect(shown(page).filter((text) => !text.endsWith(': sent'))).toEqual([])
  })

  it('that a resumed agent never received is resent once, with its id, before queued texts', async () => {
    const agent = createAgent()
    const page = await calling(agent)
    page.agent.sendText('heard')
    agent.loses = 'texts'
    page.agent.sendText('lost one')
    page.agent.sendText('lost two')
    const ids = page.state().conversation.outbox
    const lost = statusIs(page.agent, 'reconnecting')
    agent.lose()
    agent.loses = 'nothing'
    await lost
    page.agent.sendText('typed meanwhile')
    await rest(30)
    expect(got(agent)).toEqual(['heard', 'lost one', 'lost two', 'typed meanwhile'])
    expect(agent.received.slice(1, 3).map(({ id }) => id)).toEqual(ids)
    expect(shown(page)).toEqual(['heard: sent', 'lost one: sent', 'lost two: sent', 'typed meanwhile: sent'])
    await loseConnection(agent, page)
    expect(got(agent)).toHaveLength(4)
  })

  it('that the resumed agent received is not resent, though its acknowledgement was lost', async () => {
    const agent = createAgent()
    const page = await calling(agent)
    agent.loses = 'acknowledgements'
    page.agent.sendText('one')
    page.agent.sendText('two')
    await loseConnection(agent, page)
    expect(got(agent)).toEqual(['one', 'two'])
    expect(shown(page)).toEqual(['one: sent', 'two: sent'])
  })

  it.each(['reseeded', 'fresh'] as const)(
    'is not resent to a %s agent, nor passed to it as context: the user sees it, and can try again',
    async (continues) => {
      const agent = createAgent()
      const page = await calling(agent)
      agent.loses = 'texts'
      page.agent.sendText('order tea')
      agent.continues = continues
      await loseConnection(agent, page)
      expect(got(agent)).toEqual([])
      expect(shown(page)).toEqual(['order tea: not sent'])
      const [message] = page.voiceAgent.selectors.selectMessages(page.store.getState())
      page.agent.resendText(String(message?.id))
      expect(got(agent)).toEqual(['order tea'])
      expect(shown(page)).toEqual(['order tea: sent'])
    },
  )

  it('is not resent to an agent that acknowledges nothing', async () => {
    const agent = createAgent({ acknowledges: false })
    const page = await calling(agent)
    agent.loses = 'texts'
    page.agent.sendText('one')
    await loseConnection(agent, page)
    expect(got(agent)).toEqual([])
    expect(shown(page)).toEqual(['one: sent'])
  })

  it.each(['resumed', 'reseeded', 'fresh'] as const)(
    'that certainly did not leave the page is sent to a %s agent that acknowledges nothing',
    async (continues) => {
      const agent = createAgent({ acknowledges: false })
      const page = await calling(agent)
      page.agent.sendText('left')
      agent.loses = 'texts'
      page.agent.sendText('held')
      const [, held] = page.voiceAgent.selectors.selectMessages(page.store.getState())
      agent.buffered = [String(held?.id)]
      agent.continues = continues
      await loseConnection(agent, page)
      agent.buffered = []
      expect(got(agent)).toEqual(['left', 'held'])
      await loseConnection(agent, page)
      expect(got(agent)).toEqual(['left', 'held'])
    },
  )

  it('waits if the channel is no longer open, and is sent over the next one', async () => {
    const agent = createAgent({ acknowledges: false })
    const page = await calling(agent)
    agent.isChannelOpen = false
    page.agent.sendText('one')
    expect(shown(page)).toEqual(['one: pending'])
    agent.isChannelOpen = true
    await loseConnection(agent, page)
    expect(got(agent)).toEqual(['one'])
    expect(shown(page)).toEqual(['one: sent'])
  })

  it('is shown as not sent if the call fails', async () => {
    const agent = createAgent()
    const page = await calling(agent)
    agent.loses = 'texts'
    page.agent.sendText('one')
    agent.isDown = true
    await loseConnection(agent, page)
    expect(page.state().connection.status).toBe('failed')
    expect(shown(page)).toEqual(['one: not sent'])
    expect(page.state().conversation.outbox).toEqual([])
  })
})

describe('a text that the transport still holds', () => {
  async function holding(
    agent = createAgent({ acknowledges: false }),
    options: Partial<VoiceAgentOptions> = {},
  ) {
    const page = await calling(agent, options)
    agent.isHolding = true
    page.agent.sendText('one')
    return { agent, page }
  }

  it('is pending until it has left the page', async () => {
    const { agent, page } = await holding()
    expect(shown(page)).toEqual(['one: pending'])
    agent.buffered = []
    await vi.waitFor(() => expect(shown(page)).toEqual(['one: sent']))
  })

  it('is shown as not sent if the user ends the call before it leaves', async () => {
    const { page } = await holding()
    await page.agent.disconnect()
    expect(shown(page)).toEqual(['one: not sent'])
  })

  it('counts as sent as soon as the agent answers', async () => {
    const { agent, page } = await holding()
    agent.buffered = []
    agent.emit({ type: 'assistantTurnStarted', turnId: 'a' })
    expect(shown(page)).toContain('one: sent')
  })

  it('counts as sent if it has left by the time the user ends the call', async () => {
    const { agent, page } = await holding()
    agent.buffered = []
    await page.agent.disconnect()
    expect(shown(page)).toEqual(['one: sent'])
  })

  it('counts as sent if it has left by the time the connection is lost', async () => {
    const { agent, page } = await holding()
    agent.buffered = []
    await loseConnection(agent, page)
    expect(shown(page)).toEqual(['one: sent'])
    expect(got(agent)).toEqual(['one'])
  })

  it('stays pending until it is acknowledged, if the agent acknowledges texts', async () => {
    const silent = createAgent()
    silent.loses = 'acknowledgements'
    const { agent, page } = await holding(silent)
    agent.buffered = []
    agent.emit({ type: 'assistantTurnStarted', turnId: 'a' })
    expect(shown(page)).toContain('one: pending')
  })

  it('is stored as not sent with the session that ends', async () => {
    const persistence = { storage: memoryStorage('tab'), debounceMs: 0 }
    const { page } = await holding(undefined, { persistence })
    const { id } = page.state().session
    await page.sessionManager.endSession()
    await page.sessionManager.restoreSession(String(id))
    expect(shown(page)).toEqual(['one: not sent'])
  })
})

describe('an unsent text', () => {
  async function failed() {
    const agent = createAgent()
    const page = await calling(agent)
    page.agent.sendText('heard')
    agent.isDown = true
    const lost = statusIs(page.agent, 'reconnecting')
    agent.lose()
    await lost
    page.agent.sendText('one')
    page.agent.sendText('two')
    await vi.waitFor(() => expect(page.state().connection.status).toBe('failed'))
    expect(shown(page)).toEqual(['heard: sent', 'one: not sent', 'two: not sent'])
    agent.isDown = false
    const idOf = (text: string) =>
      String(page.voiceAgent.selectors.selectMessages(page.store.getState()).find((m) => m.text === text)?.id)
    return { agent, page, idOf }
  }

  it('starts a call when it is resent, and is sent once', async () => {
    const { agent, page, idOf } = await failed()
    page.agent.resendText(idOf('one'))
    expect(page.state().connection.status).toBe('connecting')
    expect(shown(page)).toEqual(['heard: sent', 'two: not sent', 'one: pending'])
    await rest(20)
    expect(got(agent)).toEqual(['heard', 'one'])
    expect(shown(page)).toEqual(['heard: sent', 'two: not sent', 'one: sent'])
    await loseConnection(agent, page)
    expect(got(agent)).toEqual(['heard', 'one'])
  })

  it('stays unsent through a call that the user starts for another reason', async () => {
    const { agent, page } = await failed()
    await page.agent.connect()
    page.agent.sendText('three')
    expect(got(agent)).toEqual(['heard', 'three'])
    expect(shown(page)).toEqual(['heard: sent', 'one: not sent', 'two: not sent', 'three: sent'])
    const { conversation } = page.state()
    expect(sortUnsent(conversation).notSent.map(({ text }) => text)).toEqual(['one', 'two'])
    expect(sortUnsent(conversation).pending).toEqual([])
  })

  it('is resent by an action, whose request settles', async () => {
    const { agent, page, idOf } = await failed()
    await page.agent.connect()
    page.store.dispatch(page.actions.resendTextRequested({ id: idOf('two') }))
    expect(got(agent)).toEqual(['heard', 'two'])
  })

  it('is rejected twice in a row, and for a text that was sent or does not exist', async () => {
    const { page, idOf } = await failed()
    page.agent.resendText(idOf('one'))
    for (const id of [idOf('one'), idOf('heard'), 'nothing'])
      expect(() => page.agent.resendText(id)).toThrow(expect.objectContaining({ code: 'too-late' }))
  })

  it('from long ago is resent in its original position', async () => {
    const { agent, page, idOf } = await failed()
    await page.agent.connect()
    for (let count = 0; count < 200; count++) page.agent.sendText(`later ${count}`)
    page.agent.resendText(idOf('one'))
    expect(got(agent).at(-1)).toBe('one')
    expect(shown(page).slice(0, 3)).toEqual(['heard: sent', 'one: sent', 'two: not sent'])
    expect(shown(page)).toHaveLength(203)
  })

  it('of one session never reaches the agent of another', async () => {
    const { agent, page, idOf } = await failed()
    const id = idOf('one')
    const former = page.sessionManager.endSession()
    expect(await answerOf((async () => page.agent.resendText(id))())).toMatch(/too-late|not-connected/)
    await former
    await page.agent.connect()
    await rest()
    expect(got(agent)).toEqual(['heard'])
  })

  it('settles once, even if its call ends first', async () => {
    const { agent, page, idOf } = await failed()
    agent.isDown = true
    const gate = deferred()
    page.agent.resendText(idOf('one'))
    gate.resolve()
    await vi.waitFor(() => expect(page.state().connection.status).toBe('failed'))
    expect(shown(page)).toEqual(['heard: sent', 'two: not sent', 'one: not sent'])
    expect(page.state().conversation.outbox).toEqual([])
  })
})

describe('after a reload', () => {
  /** A page that is closed during its call. */
  async function leave(agent: Agent, before: (page: Page) => Promise<void> | void) {
    const storage = memoryStorage('tab')
    const persistence = { storage, debounceMs: 0 }
    const page = open(agent, { persistence, reconnect: reconnectAfterMinute(2) })
    await page.sessionManager.initialize()
    await page.agent.connect()
    page.agent.sendText('heard')
    await before(page)
    await page.voiceAgent.persistor.flush()
    await page.voiceAgent.dispose()
    agent.loses = 'nothing'
    agent.isDown = false
    const next = open(agent, { persistence, autoReconnect: 'always' })
    await next.sessionManager.initialize()
    await rest()
    return next
  }

  it('a text that was sent on a dead connection is resent to the resumed agent', async () => {
    const agent = createAgent()
    const next = await leave(agent, (page) => {
      agent.loses = 'texts'
      page.agent.sendText('lost')
    })
    expect(got(agent)).toEqual(['heard', 'lost'])
    expect(shown(next)).toEqual(['heard: sent', 'lost: sent'])
  })

  it('a text that the agent received is not resent', async () => {
    const agent = createAgent()
    const next = await leave(agent, (page) => {
      agent.loses = 'acknowledgements'
      page.agent.sendText('got')
    })
    expect(got(agent)).toEqual(['heard', 'got'])
    expect(shown(next)).toEqual(['heard: sent', 'got: sent'])
  })

  it('a text that waited for a connection is sent to the resumed agent', async () => {
    const agent = createAgent()
    const next = await leave(agent, async (page) => {
      agent.isDown = true
      const lost = statusIs(page.agent, 'reconnecting')
      agent.lose()
      await lost
      page.agent.sendText('waits')
    })
    expect(got(agent)).toEqual(['heard', 'waits'])
    expect(shown(next)).toEqual(['heard: sent', 'waits: sent'])
  })

  it.each(['reseeded', 'fresh'] as const)('is shown as not sent to a %s agent', async (continues) => {
    const agent = createAgent()
    const next = await leave(agent, (page) => {
      agent.loses = 'texts'
      page.agent.sendText('lost')
      agent.continues = continues
    })
    expect(got(agent)).toEqual(['heard'])
    expect(shown(next)).toEqual(['heard: sent', 'lost: not sent'])
  })

  it('is shown as not sent if the agent acknowledges nothing', async () => {
    const agent = createAgent({ acknowledges: false })
    const next = await leave(agent, async (page) => {
      agent.isDown = true
      const lost = statusIs(page.agent, 'reconnecting')
      agent.lose()
      await lost
      page.agent.sendText('waits')
    })
    expect(got(agent)).toEqual(['heard'])
    expect(shown(next)).toEqual(['heard: sent', 'waits: not sent'])
  })
})

describe('the status after a loss', () => {
  it.each([true, false])(
    'is listening if no text was sent (the next agent acknowledges: %s)',
    async (acknowledges) => {
      const agent = createAgent()
      const page = await calling(agent)
      agent.loses = 'texts'
      page.agent.sendText('order tea')
      agent.continues = 'reseeded'
      agent.acknowledges = acknowledges
      await loseConnection(agent, page)
      expect(shown(page)).toEqual(['order tea: not sent'])
      expect(page.state().conversation.status).toBe('listening')
    },
  )
})

describe('unsent texts', () => {
  it("take up no room in an agent's context", async () => {
    const agent = createAgent()
    const contexts: number[] = []
    const page = await calling(agent, {
      contextMessages: 2,
      buildContext(messages, { omitted }) {
        contexts.push(messages.length, omitted)
        return [...messages]
      },
    })
    for (const text of ['one', 'two', 'three']) page.agent.sendText(text)
    agent.loses = 'texts'
    for (const text of ['four', 'five']) page.agent.sendText(text)
    agent.continues = 'reseeded'
    await loseConnection(agent, page)
    expect(contexts).toEqual([2, 1])
  })

  it('are sent once, even if a subscriber requests it twice', async () => {
    const agent = createAgent()
    const page = await calling(agent)
    agent.loses = 'texts'
    page.agent.sendText('order tea')
    agent.continues = 'reseeded'
    await loseConnection(agent, page)
    const id = String(toMessages(page.state().conversation.messages)[0]?.id)
    const stop = page.store.subscribe(() => {
      if (page.state().conversation.status !== 'speaking') return
      stop()
      page.agent.resendText(id)
      page.store.dispatch(page.actions.resendTextRequested({ id }))
    })
    agent.emit({ type: 'assistantSpeechStarted' })
    expect(got(agent)).toEqual(['order tea'])
  })

  it('are not sent by a later call, or after its reload', async () => {
    const agent = createAgent()
    const storage = memoryStorage('tab')
    const options = { persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' as const }
    const page = open(agent, options)
    await page.sessionManager.initialize()
    await page.agent.connect()
    agent.loses = 'texts'
    page.agent.sendText('order tea')
    await page.agent.disconnect()
    agent.loses = 'nothing'
    await page.agent.connect()
    await page.voiceAgent.persistor.flush()
    await page.voiceAgent.dispose()
    const next = open(agent, options)
    await next.sessionManager.initialize()
    await vi.waitFor(() => expect(next.state().connection.status).toBe('connected'))
    await rest()
    expect(got(agent)).toEqual([])
    expect(shown(next)).toEqual(['order tea: not sent'])
  })
})
