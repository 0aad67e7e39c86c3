import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import * as v from 'valibot'
import { describe, expect, it, vi } from 'vitest'
import { toMessages } from '../../../store/message-log.js'
import { stubBrowser } from '../audio/stubs.js'
import { setUp } from './support.js'

describe('the talk mode', () => {
  it('is an option, and hands-free by default', () => {
    expect(setUp().state().connection.talk).toBe('hands-free')
    expect(setUp(undefined, { talk: 'text' }).state().connection.talk).toBe('text')
    expect(() => setUp(undefined, { talk: 'loud' as 'text' })).toThrow(/talk must be/)
  })

  it('can be chosen with or without a call, and is rejected if invalid', async () => {
    const { agent, state, store, actions } = setUp()
    agent.setTalkMode('push-to-talk')
    expect(state().connection.talk).toBe('push-to-talk')
    await agent.connect()
    store.dispatch(actions.talkModeRequested({ talk: 'text' }))
    expect(state().connection.talk).toBe('text')
    expect(() => agent.setTalkMode('loud' as 'text')).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
    await agent.disconnect()
    expect(state().connection.talk).toBe('text')
  })

  it('is reset to the option for the next user', async () => {
    const { agent, state } = setUp(undefined, { talk: 'push-to-talk' })
    agent.setTalkMode('text')
    await agent.newSession()
    expect(state().connection.talk).toBe('text')
    await agent.reset()
    expect(state().connection.talk).toBe('push-to-talk')
  })

  it('is restored with the tab’s session, whose call then needs no microphone permission for typing', async () => {
    const storage = memoryStorage('tab')
    const persistence = { storage, debounceMs: 0 }
    const page = setUp(undefined, { persistence })
    await page.sessionManager.initialize()
    page.agent.setTalkMode('text')
    await page.agent.connect()
    await page.voiceAgent.persistor.flush()
    await page.voiceAgent.dispose()
    const next = setUp(undefined, { persistence, autoReconnect: 'if-permitted' })
    await next.sessionManager.initialize()
    expect(next.state().connection).toMatchObject({ talk: 'text', status: 'connected' })
  })
})

describe('push to talk', () => {
  it('interrupts the agent on each press, and opens the microphone until it is released', async () => {
    const { agent, state, transport } = setUp(undefined, { talk: 'push-to-talk' })
    await agent.connect()
    transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
    agent.startTalking()
    expect(transport.sent).toEqual([{ type: 'interrupt' }])
    expect(state().connection.microphone).toBe('live')
    agent.stopTalking()
    expect(state().connection.microphone).toBe('muted')
    expect(transport.sent).toHaveLength(1)
  })

  it('does nothing without a call', () => {
    const { agent, state } = setUp(undefined, { talk: 'push-to-talk' })
    agent.startTalking()
    agent.stopTalking()
    expect(state().connection).toMatchObject({ status: 'idle', microphone: 'off' })
  })

  it('is rejected in any other mode, because it would unmute a muted user', async () => {
    const { agent, state } = setUp()
    await agent.connect()
    for (const talk of ['startTalking', 'stopTalking'] as const)
      expect(() => agent[talk]()).toThrow(VoiceAgentError)
    expect(state().connection.isMuted).toBe(false)
  })

  it('does not count as a change of the session, so that a press saves nothing', async () => {
    const { agent, state, transport } = setUp(undefined, { talk: 'push-to-talk' })
    await agent.connect()
    transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
    const { revision } = state().session
    agent.startTalking()
    agent.stopTalking()
    expect(state().session.revision).toBe(revision)
  })
})

/** A call that is being set up, with a browser's microphone. */
async function connecting(until: 'session' | 'media' | 'connection') {
  const browser = stubBrowser()
  let establish = () => {}
  const established = new Promise<void>((resolve) => {
    establish = resolve
  })
  const page = setUp(undefined, {
    talk: 'push-to-talk',
    transport: ({ openPeer }) => ({
      async connect({ signal }) {
        await openPeer({ dataChannel: null, signal, onMessage() {} })
        await established
        return 'fresh'
      },
      send() {},
      close() {},
    }),
  })
  page.agent.connect().catch(() => undefined)
  if (until === 'media') {
    await new Promise<void>((resolve) => {
      const stop = page.store.subscribe(() => {
        if (page.state().session.id === null) return
        stop()
        resolve()
      })
    })
  }
  if (until === 'connection') await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
  return {
    ...page,
    isTalking: () => browser.live().some(({ enabled }) => enabled),
    async established() {
      void page.agent.connect()
      await vi.waitFor(() => expect(browser.prompts.some(({ isAnswered }) => !isAnswered)).toBe(true))
      for (const prompt of browser.prompts) if (!prompt.isAnswered) prompt.grant()
      establish()
      await vi.waitFor(() => expect(page.state().connection.status).toBe('connected'))
    },
  }
}
type Connecting = Awaited<ReturnType<typeof connecting>>

describe('a press while the call is being set up', () => {
  it.each([
    ['before there is a session', 'session'],
    ['before the media of the call', 'media'],
    ['before its connection is established', 'connection'],
  ] as const)('%s opens the microphone of the call', async (_when, until) => {
    const page = await connecting(until)
    page.agent.startTalking()
    await page.established()
    expect(page.isTalking()).toBe(true)
    page.agent.stopTalking()
    expect(page.isTalking()).toBe(false)
  })

  it.each([
    ['released', (page: Connecting) => page.agent.stopTalking()],
    ['switched to another talk mode', (page: Connecting) => page.agent.setTalkMode('hands-free')],
  ])('that is %s meanwhile opens nothing', async (_what, end) => {
    const page = await connecting('session')
    page.agent.startTalking()
    end(page)
    await page.established()
    page.agent.setTalkMode('push-to-talk')
    expect(page.isTalking()).toBe(false)
  })

  it('ends with its call', async () => {
    const page = await connecting('session')
    page.agent.startTalking()
    await page.agent.disconnect()
    await page.established()
    expect(page.isTalking()).toBe(false)
  })
})

describe('a press to talk', () => {
  it('ends the wait for a tool, like any interruption', async () => {
    let signal: AbortSignal | undefined
    const { agent, state, transport } = setUp(undefined, {
      talk: 'push-to-talk',
      tools: {
        pay: {
          description: 'Pays.',
          parameters: v.unknown(),
          run: (_args, context) => {
            signal = context.signal
            return new Promise(() => {})
          },
        },
      },
    })
    await agent.connect()
    transport.emit({ type: 'toolCallStarted', toolCallId: 'c1', name: 'pay', arguments: {} })
    await vi.waitFor(() => expect(signal).toBeDefined())
    agent.startTalking()
    expect(signal?.aborted).toBe(true)
    expect(toMessages(state().conversation.messages).at(-1)?.tool?.status).toBe('unknown')
  })

  it('gives up the pending answer, so that a press without words leaves the status listening', async () => {
    const { agent, state } = setUp(undefined, { talk: 'push-to-talk' })
    await agent.connect()
    agent.sendText('Tell me a story.')
    expect(state().conversation.status).toBe('processing')
    agent.startTalking()
    agent.stopTalking()
    expect(state().conversation.status).toBe('listening')
  })
})
