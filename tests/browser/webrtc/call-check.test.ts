import { combineReducers, configureStore, type UnknownAction } from '@reduxjs/toolkit'
import { type CallCheckStep, createVoiceAgent, WebRTCVoiceAgent } from 'redux-voice-agent'
import { expect, it, onTestFinished, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { setUp, stateOf } from './agents.js'
import { startBot } from './bot.js'
import { countLeaks } from './leaks.js'

const brief = (steps: readonly CallCheckStep[]) =>
  steps.map(({ name, status, finding, error }) => [name, status, finding ?? error?.code ?? null])

it('checks sound, server and connection, and reports that no relay is configured; nothing stays open', async () => {
  sessionStorage.clear()
  const bot = startBot()
  const leaks = countLeaks()
  const agent = new WebRTCVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: false })
  onTestFinished(async () => {
    leaks.stop()
    await agent.dispose()
    await bot.stop()
    vi.restoreAllMocks()
  })
  const connection = () => stateOf(agent).connection
  // Browsers let a page measure sound only after user activation.
  await userEvent.click(document.body)
  const seen: string[] = []
  const steps = await agent.checkCall((all) => {
    for (const { name, status } of all) if (status === 'running' && seen.at(-1) !== name) seen.push(name)
  })
  expect(brief(steps)).toEqual([
    ['microphone', 'passed', null],
    ['server', 'passed', null],
    ['connection', 'passed', null],
    ['relay', 'warning', 'no-relay'],
  ])
  expect(seen).toEqual(['microphone', 'server', 'connection', 'relay'])
  // The state shows no call.
  expect(connection()).toMatchObject({ status: 'idle', microphone: 'off', playback: 'idle' })
  for (const peer of bot.peers.splice(0)) peer.close()
  await vi.waitFor(async () => expect(await leaks.left()).toMatchObject({ peers: 0, tracks: 0, players: 0 }))
  // A call works afterwards.
  await agent.connect()
  expect(connection().status).toBe('connected')
})

it('reports which step fails, and skips the steps that depend on it', async () => {
  const { agent, bot, asked } = setUp({
    iceServers: [{ urls: 'turn:127.0.0.1:9', username: 'user', credential: 'secret' }],
  })
  asked.mockRejectedValueOnce(new DOMException('No', 'NotAllowedError'))
  bot.refusals.push(() => new Response('', { status: 503 }))
  expect(brief(await agent.checkCall())).toEqual([
    ['microphone', 'failed', 'denied'],
    ['server', 'failed', 'signalling-unavailable'],
    ['connection', 'skipped', null],
    ['relay', 'failed', 'relay-unreachable'],
  ])
})

it('closes everything if it is stopped at any step', async () => {
  for (const step of ['microphone', 'server', 'connection', 'relay'] as const) {
    const { agent, bot, opened } = setUp()
    const over = new AbortController()
    await agent.checkCall(
      (steps) => {
        if (steps.some(({ name, status }) => name === step && status !== 'waiting')) over.abort()
      },
      { signal: over.signal },
    )
    if (step !== 'microphone') expect(opened, step).not.toEqual([])
    await vi.waitFor(() =>
      expect(
        opened.every(({ track }) => track.readyState === 'ended'),
        step,
      ).toBe(true),
    )
    await vi.waitFor(() =>
      expect(bot.peers.every(({ connectionState }) => connectionState !== 'connected')).toBe(true),
    )
    await agent.dispose()
  }
}, 60_000)

it('is rejected during a call', async () => {
  const { agent } = setUp()
  await agent.connect()
  await expect(agent.checkCall()).rejects.toMatchObject({ code: 'call-on' })
})

it.each<[string, string, (agent: WebRTCVoiceAgent) => Promise<unknown>]>([
  ['a call begins', 'call-on', (agent) => agent.connect()],
  ['another check begins', 'superseded', (agent) => agent.checkCall()],
  ['the user signs out', 'superseded', (agent) => agent.reset()],
  [
    'an action signs the user out',
    'superseded',
    async ({ store, actions }) => void store.dispatch(actions.resetRequested()),
  ],
  ['the agent is disposed of', 'disposed', (agent) => agent.dispose()],
])(
  'is stopped at any step if %s, and its microphone is closed by then',
  async (_when, code, begin) => {
    for (const step of ['microphone', 'server', 'connection'] as const) {
      const { agent, opened } = setUp()
      const begun: Promise<unknown>[] = []
      let openThen = 0
      const check = agent.checkCall((steps) => {
        if (begun.length > 0 || !steps.some(({ name, status }) => name === step && status !== 'waiting'))
          return
        const before = opened.slice()
        begun.push(begin(agent).catch(() => undefined))
        openThen = before.filter(({ track }) => track.readyState === 'live').length
      })
      await expect(check, step).rejects.toMatchObject({ code })
      expect(openThen, step).toBe(0)
      await Promise.all(begun)
      await agent.dispose()
      if (step !== 'microphone') expect(opened, step).not.toEqual([])
      expect(
        opened.every(({ track }) => track.readyState === 'ended'),
        step,
      ).toBe(true)
    }
  },
  60_000,
)

it('is stopped by a root reset of the store, as on sign-out', async () => {
  const { opened } = setUp()
  const { agent, ...voiceAgent } = createVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: false })
  onTestFinished(() => voiceAgent.dispose())
  const app = combineReducers({ [voiceAgent.reducerPath]: voiceAgent.reducer })
  const store = configureStore({
    reducer: (state: ReturnType<typeof app> | undefined, action: UnknownAction) =>
      app(action.type === 'loggedOut' ? undefined : state, action),
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  let liveThen: number | null = null
  const check = agent.checkCall(() => {
    if (liveThen !== null || opened.length === 0) return
    store.dispatch({ type: 'loggedOut' })
    liveThen = opened.filter(({ track }) => track.readyState === 'live').length
  })
  await expect(check).rejects.toMatchObject({ code: 'superseded' })
  expect(liveThen).toBe(0)
})

it('stops as soon as it is told to, whatever it waits for', async () => {
  const never = () => new Promise<never>(() => {})
  for (const options of [{ refreshToken: never }, { iceServers: never }]) {
    const { agent, opened } = setUp(options)
    const over = new AbortController()
    await agent.checkCall(
      (steps) => {
        if (steps.some(({ name, status }) => name === 'server' && status === 'running'))
          setTimeout(() => over.abort(), 10)
      },
      { signal: over.signal },
    )
    expect(opened).not.toEqual([])
    expect(opened.every(({ track }) => track.readyState === 'ended')).toBe(true)
    await agent.dispose()
  }
}, 9_000)

it('reports ICE servers that never arrive', async () => {
  const { agent } = setUp({ iceServers: () => new Promise<never>(() => {}) })
  const steps = await agent.checkCall()
  expect(brief(steps)[1]).toEqual(['server', 'failed', 'signalling-unavailable'])
})
