import type { UnknownAction } from '@reduxjs/toolkit'
import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import type { TransportEvent } from 'redux-voice-agent/transports'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { answerOf, idOf, type Page, recordActions, rest, setUp } from './support.js'

/** A page, and the actions that reached its reducer. */
function setUpRecorded(...[connect, options]: Parameters<typeof setUp>) {
  const recorded = recordActions()
  const page = setUp(connect, options, { middleware: [recorded.middleware] })
  return { page, recorded }
}

/** States without a call. */
const idleStates: [string, () => Promise<ReturnType<typeof setUpRecorded>>][] = [
  ['before any call', async () => setUpRecorded()],
  [
    'after a call',
    async () => {
      const world = setUpRecorded()
      await world.page.agent.connect()
      await world.page.agent.disconnect()
      return world
    },
  ],
  [
    'after a call that failed',
    async () => {
      const world = setUpRecorded(() => {
        throw new VoiceAgentError('signalling-rejected')
      })
      await world.page.agent.connect().catch(() => undefined)
      return world
    },
  ],
  [
    'in a new session without a call',
    async () => {
      const world = setUpRecorded()
      await world.page.sessionManager.createSession()
      return world
    },
  ],
]

type Make = (actions: Page['actions']) => UnknownAction

/** Intents that are valid only during a call. */
const duringCalls: [string, Make][] = [
  ['sendTextRequested', ({ sendTextRequested }) => sendTextRequested('hello?')],
  [
    'clientMessageRequested',
    ({ clientMessageRequested }) => clientMessageRequested({ name: 'cart', data: [] }),
  ],
  [
    'toolCallAnswered',
    ({ toolCallAnswered }) =>
      toolCallAnswered({ toolCallId: '1', name: 'look', arguments: {}, answer: { result: null } }),
  ],
]

describe.each(idleStates)('%s', (_when, begin) => {
  it.each(duringCalls)('dispatching %s changes nothing, and says why', async (_name, make) => {
    const { page, recorded } = await begin()
    await rest()
    const before = page.state()
    const action = make(page.actions)
    recorded.actions.length = 0
    page.store.dispatch(action)
    await rest()
    expect(page.state()).toBe(before)
    expect(recorded.actions).not.toContainEqual(expect.objectContaining({ type: action.type }))
    expect(recorded.actions.filter(page.actions.requestSettled.match)).toMatchObject([
      {
        payload: {
          requestId: (action.meta as { requestId?: string } | undefined)?.requestId,
          error: {
            code: 'not-connected',
            message: `${action.type} needs connect() first.`,
          },
        },
      },
    ])
    expect(page.transport.sent).toEqual([])
  })

  it('sendText() and sendClientMessage() throw', async () => {
    const { page } = await begin()
    const before = page.state()
    const notConnected = expect.objectContaining({ code: 'not-connected' })
    expect(() => page.agent.sendText('hello?')).toThrow(notConnected)
    expect(() => page.agent.sendClientMessage('cart', [])).toThrow(notConnected)
    expect(page.state()).toBe(before)
  })

  it.each<[string, (page: Page) => void]>([
    ['interrupt()', ({ agent }) => agent.interrupt()],
    ['retry()', ({ agent }) => agent.retry()],
    ['interruptRequested', ({ store, actions }) => void store.dispatch(actions.interruptRequested())],
    ['retryRequested', ({ store, actions }) => void store.dispatch(actions.retryRequested())],
    ['disconnectRequested', ({ store, actions }) => void store.dispatch(actions.disconnectRequested())],
  ])('%s does nothing', async (_name, run) => {
    const { page } = await begin()
    await rest()
    const before = page.state()
    expect(() => run(page)).not.toThrow()
    await rest()
    expect(page.state()).toEqual(before)
    expect(page.transport.sent).toEqual([])
    expect(page.transport.open).toBe(0)
  })
})

describe('during a call', () => {
  it.each([
    ['an empty text', ''],
    ['blanks', ' \n\t '],
  ])('%s is not a turn', async (_name, text) => {
    const { page } = setUpRecorded()
    await page.agent.connect()
    const before = page.state().conversation
    page.agent.sendText(text)
    page.store.dispatch(page.actions.sendTextRequested(text))
    await rest()
    expect(page.state().conversation).toEqual(before)
    expect(page.transport.sent).toEqual([])
  })

  it('a result for a tool call that the agent has not made changes nothing', async () => {
    const { page } = setUpRecorded()
    await page.agent.connect()
    const before = page.state()
    page.store.dispatch(
      page.actions.toolCallAnswered({ toolCallId: '1', name: 'look', arguments: {}, answer: { result: 1 } }),
    )
    await rest()
    expect(page.state()).toEqual(before)
    expect(page.transport.sent).toEqual([])
  })

  it('connectRequested, dispatched twice in a task, is one call', async () => {
    const { page } = setUpRecorded()
    page.store.dispatch(page.actions.connectRequested())
    page.store.dispatch(page.actions.connectRequested())
    await vi.waitFor(() => expect(page.state().connection.status).toBe('connected'))
    page.store.dispatch(page.actions.connectRequested())
    await rest()
    expect(page.transport.requests).toHaveLength(1)
    expect(page.state().connection.status).toBe('connected')
  })

  it('each dispatched intent is answered once', async () => {
    const { page, recorded } = setUpRecorded()
    const { actions, store } = page
    const intents = [
      actions.connectRequested(),
      actions.sendTextRequested('hello'),
      actions.clientMessageRequested({ name: 'cart', data: [] }),
      actions.interruptRequested(),
      actions.disconnectRequested(),
      actions.sendTextRequested('too late'),
      actions.volumeRequested({ volume: 50 }),
    ]
    for (const intent of intents) store.dispatch(intent)
    await rest()
    const settled = recorded.actions.filter(actions.requestSettled.match).map(({ payload }) => payload)
    const idOfRequest = ({ meta }: UnknownAction) => (meta as { requestId?: string } | undefined)?.requestId
    expect(settled.map(({ requestId }) => requestId).sort()).toEqual(intents.map(idOfRequest).sort())
    const codeOf = (intent: UnknownAction | undefined) =>
      settled.find(({ requestId }) => intent && requestId === idOfRequest(intent))?.error?.code ?? null
    const [connect, , , , disconnect, tooLate, tooLoud] = intents
    expect([connect, disconnect, tooLate, tooLoud].map(codeOf)).toEqual([
      'not-connected',
      null,
      'not-connected',
      'invalid-option',
    ])
  })
})

it.each(['ada', null, 7])(
  'a reset to %j does not sign anyone out, because it has no scope',
  async (options) => {
    const { page } = setUpRecorded()
    await page.agent.connect()
    const before = page.state()
    await expect(page.agent.reset(options as never)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('resetRequested needs { scope }, not '),
    })
    expect(page.state()).toBe(before)
  },
)

describe('volumeRequested', () => {
  it.each([50, -0.1, 1.1, Number.NaN, Number.POSITIVE_INFINITY, '1', null, undefined])(
    '%s is rejected, and not stored',
    async (volume) => {
      const storage = memoryStorage('tab')
      const recorded = recordActions()
      const page = setUp(
        undefined,
        { persistence: { storage, debounceMs: 0 } },
        { middleware: [recorded.middleware] },
      )
      await page.sessionManager.initialize()
      await page.agent.connect()
      const before = page.state().connection
      const action = page.actions.volumeRequested({ volume: volume as number })
      expect(() => page.store.dispatch(action)).not.toThrow()
      await rest()
      expect(page.state().connection).toEqual(before)
      expect(recorded.actions).not.toContainEqual(expect.objectContaining({ type: action.type }))
      expect(recorded.actions).toContainEqual(
        expect.objectContaining({
          type: page.actions.requestSettled.type,
          payload: expect.objectContaining({ error: expect.objectContaining({ code: 'invalid-option' }) }),
        }),
      )
      await page.voiceAgent.persistor.flush()
      const stored = await storage.records.getItem(idOf(page))
      expect(stored?.head.devices?.volume ?? 1).toBe(1)
    },
  )

  it.each([0, 0.5, 1])('%s is accepted', async (volume) => {
    const { page } = setUpRecorded()
    page.store.dispatch(page.actions.volumeRequested({ volume }))
    expect(page.state().connection.volume).toBe(volume)
  })
})

describe('after dispose()', () => {
  const all: [string, Make][] = [
    ...duringCalls,
    ['connectRequested', ({ connectRequested }) => connectRequested()],
    ['disconnectRequested', ({ disconnectRequested }) => disconnectRequested()],
    ['retryRequested', ({ retryRequested }) => retryRequested()],
    ['muteRequested', ({ muteRequested }) => muteRequested()],
    ['unmuteRequested', ({ unmuteRequested }) => unmuteRequested()],
    ['interruptRequested', ({ interruptRequested }) => interruptRequested()],
    ['resumePlaybackRequested', ({ resumePlaybackRequested }) => resumePlaybackRequested()],
    ['microphoneRequested', ({ microphoneRequested }) => microphoneRequested()],
    [
      'selectMicrophoneRequested',
      ({ selectMicrophoneRequested }) => selectMicrophoneRequested({ deviceId: 'headset' }),
    ],
    [
      'selectSpeakerRequested',
      ({ selectSpeakerRequested }) => selectSpeakerRequested({ deviceId: 'headset' }),
    ],
    ['volumeRequested', ({ volumeRequested }) => volumeRequested({ volume: 0.5 })],
    ['earlierMessagesRequested', ({ earlierMessagesRequested }) => earlierMessagesRequested()],
    ['restoreRequested', ({ restoreRequested }) => restoreRequested({ sessionId: null })],
    ['resetRequested', ({ resetRequested }) => resetRequested()],
    ['eraseAllRequested', ({ eraseAllRequested }) => eraseAllRequested()],
    ['consentChanged', ({ consentChanged }) => consentChanged({ consent: true })],
  ]

  it.each(all)('dispatching %s does not reach the reducer', async (_name, make) => {
    const { page, recorded } = setUpRecorded()
    await page.agent.connect()
    page.agent.sendText('hello')
    await page.voiceAgent.dispose()
    const before = page.state()
    recorded.actions.length = 0
    page.store.dispatch(make(page.actions))
    await rest()
    expect(page.state()).toBe(before)
    expect(recorded.actions).toEqual([])
    expect(page.transport.open).toBe(0)
  })

  it("passes the app's own actions through", async () => {
    const { page, recorded } = setUpRecorded()
    await page.voiceAgent.dispose()
    page.store.dispatch({ type: 'cart/added' })
    expect(recorded.actions).toEqual([{ type: 'cart/added' }])
  })

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['connect()', ({ agent }) => agent.connect()],
    ['disconnect()', ({ agent }) => agent.disconnect()],
    ['newSession()', ({ agent }) => agent.newSession()],
    ['reset()', ({ agent }) => agent.reset()],
    ['loadEarlierMessages()', ({ agent }) => agent.loadEarlierMessages()],
    ['initialize()', ({ sessionManager }) => sessionManager.initialize()],
    ['createSession()', ({ sessionManager }) => sessionManager.createSession()],
    ['restoreSession()', ({ sessionManager }) => sessionManager.restoreSession('s')],
    ['endSession()', ({ sessionManager }) => sessionManager.endSession()],
    ['deleteSession()', ({ sessionManager }) => sessionManager.deleteSession('s')],
    ['cleanup()', ({ sessionManager }) => sessionManager.cleanup()],
  ])('%s rejects', async (_name, run) => {
    const { page } = setUpRecorded()
    await page.agent.connect()
    await page.voiceAgent.dispose()
    expect(await answerOf(run(page))).toBe('disposed')
  })

  it.each<[string, (page: Page) => unknown]>([
    ['sendText()', ({ agent }) => agent.sendText('hello?')],
    ['sendClientMessage()', ({ agent }) => agent.sendClientMessage('cart', [])],
    ['interrupt()', ({ agent }) => agent.interrupt()],
    ['mute()', ({ agent }) => agent.mute()],
    ['unmute()', ({ agent }) => agent.unmute()],
    ['retry()', ({ agent }) => agent.retry()],
    ['retryMicrophone()', ({ agent }) => agent.retryMicrophone()],
    ['selectMicrophone()', ({ agent }) => agent.selectMicrophone(null)],
    ['selectSpeaker()', ({ agent }) => agent.selectSpeaker(null)],
    ['setVolume()', ({ agent }) => agent.setVolume(0.5)],
  ])('%s throws', async (_name, run) => {
    const { page } = setUpRecorded()
    await page.agent.connect()
    await page.voiceAgent.dispose()
    expect(() => run(page)).toThrow(expect.objectContaining({ code: 'disposed' }))
  })

  it('a pending connect() is rejected', async () => {
    const { page } = setUpRecorded(() => new Promise(() => {}))
    const connected = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(page.transport.requests).toHaveLength(1))
    await page.voiceAgent.dispose()
    expect(await connected).toBe('disposed')
    expect(page.transport.open).toBe(0)
  })
})

describe('words of a transport that are not in its protocol', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  const inherited = ['toString', '__proto__', 'constructor', 'hasOwnProperty']
  const cases = ['banana', '', ...inherited].flatMap((word): [string, unknown][] => [
    [`microphoneChanged '${word}'`, { type: 'microphoneChanged', microphone: word }],
    [`playbackChanged '${word}'`, { type: 'playbackChanged', playback: word }],
    [`audioLevel of '${word}'`, { type: 'audioLevel', source: word, level: 1 }],
    [`connectionState '${word}'`, { type: 'connectionState', state: word }],
    [
      `agentErrorReported '${word}'`,
      { type: 'agentErrorReported', error: { code: word, message: 'x', recoverable: true }, fatal: false },
    ],
    [
      `fatal agentErrorReported '${word}'`,
      { type: 'agentErrorReported', error: { code: word, message: 'x', recoverable: true }, fatal: true },
    ],
  ])

  it.each(cases)('%s is counted, and changes nothing else', async (_name, event) => {
    const { page } = setUpRecorded()
    await page.agent.connect()
    page.transport.emit({ type: 'microphoneChanged', microphone: 'live' })
    page.transport.emit({ type: 'playbackChanged', playback: 'playing' })
    await rest()
    const before = page.state()
    expect(() => page.transport.emit(event as TransportEvent)).not.toThrow()
    await vi.waitFor(() => expect(page.state().connection.protocolErrors).toBe(1))
    await rest()
    const { connection, ...others } = page.state()
    // A protocol error may also be shown.
    expect({ ...connection, protocolErrors: 0, error: null }).toEqual(before.connection)
    expect([null, 'protocol-error']).toContain(connection.error?.code ?? null)
    expect(others).toEqual({
      conversation: before.conversation,
      session: before.session,
      stats: before.stats,
    })
    expect(page.transport.open).toBe(1)
    page.transport.emit({ type: 'userTranscriptReceived', text: 'still here', final: true })
    expect(page.texts()).toEqual(['still here'])
  })
})

describe('a rejected text', () => {
  const refuseLong = (): ReturnType<typeof setUp> =>
    setUp(undefined, {
      transport: () => ({
        connect: async () => 'fresh',
        send(message) {
          if (message.type === 'text' && message.text.length > 10)
            throw new VoiceAgentError('invalid-option', 'Too long.')
        },
        close() {},
      }),
    })

  it('is not part of the conversation, and its error is shown until a text is sent', async () => {
    const page = refuseLong()
    await page.agent.connect()
    expect(() => page.agent.sendText('01234567890123')).toThrow(
      expect.objectContaining({ code: 'invalid-option' }),
    )
    expect(page.texts()).toEqual([])
    expect(page.state().connection.error).toMatchObject({ code: 'invalid-option' })
    page.agent.sendText('short')
    await rest()
    expect(page.state().connection.error).toBeNull()
    expect(page.texts()).toEqual(['short'])
  })
})
