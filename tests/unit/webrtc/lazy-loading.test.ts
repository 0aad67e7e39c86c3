import { configureStore } from '@reduxjs/toolkit'
import type { VoiceAgentOptions } from 'redux-voice-agent'
import { voiceAnalytics } from 'redux-voice-agent/analytics'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { createAgentCore, type LoadRuntime } from '../../../src/lib/voice-agent/agent/agent-core.js'
import { createLazyMedia } from '../../../src/lib/voice-agent/agent/lazy-media.js'
import { createBrowserRuntime } from '../../../src/lib/voice-agent/agent/runtime-chunk.js'
import type { BrowserAgentMedia } from '../../../src/lib/voice-agent/audio/call-media.js'
import { WebRTCVoiceAgent } from '../../../src/lib/voice-agent/webrtc/main.js'
import { setUp } from '../middleware/support.js'

/** Fails like an `import()` whose file can't be fetched. */
const notFetched = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'))

/** The code of a call. Node always loads it, unless a test says otherwise. */
const callChunk = vi.hoisted(() => ({ load: vi.fn<() => Promise<void>>(async () => {}) }))
vi.mock('../../../src/lib/voice-agent/page/page-exit.js', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../src/lib/voice-agent/page/page-exit.js')>()
  return {
    ...original,
    importWithUnloadRetry: async <Code>(load: () => Promise<Code>) => {
      const code = await original.importWithUnloadRetry(load)
      if (code && typeof code === 'object' && 'callParts' in code) await original.loadChunk(callChunk.load)
      return code
    },
  }
})

it('reports that the code of a call could not be loaded, and loads it with the next call', async () => {
  callChunk.load.mockImplementationOnce(notFetched)
  const { agent, state, transport } = setUp()
  await expect(agent.connect()).rejects.toMatchObject({ code: 'chunk-load-failed', recoverable: true })
  expect(state().connection).toMatchObject({ status: 'failed', error: { code: 'chunk-load-failed' } })
  await agent.connect()
  expect(state().connection.status).toBe('connected')
  agent.sendText('Hello')
  expect(transport.sent).toMatchObject([{ type: 'text', text: 'Hello' }])
})

it('makes no connection with code that arrives after its call was ended', async () => {
  let arrive = () => {}
  callChunk.load.mockReturnValueOnce(
    new Promise((resolve) => {
      arrive = resolve
    }),
  )
  const { agent, transport } = setUp()
  const connecting = agent.connect()
  connecting.catch(() => undefined)
  await vi.waitFor(() => expect(callChunk.load).toHaveBeenCalled())
  await agent.disconnect()
  await expect(connecting).rejects.toMatchObject({ code: 'not-connected' })
  arrive()
  await agent.connect()
  expect(transport.requests).toHaveLength(1)
})

/** An agent that loads its effects with `load`. */
function setUpCore(load: LoadRuntime, { analytics }: Pick<VoiceAgentOptions, 'analytics'> = {}) {
  const transport = scriptedTransport()
  const options = {
    apiEndpoint: '/api/voice-agent',
    transport,
    persistence: false as const,
    ...(analytics ? { analytics } : {}),
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: 's1' }),
  }
  const core = createAgentCore(options, load)
  const store = configureStore({
    reducer: { voiceAgent: core.reducer },
    middleware: (getDefault) => getDefault().concat(core.middleware),
  })
  return { agent: new WebRTCVoiceAgent(options, core), store, transport }
}

it('answers requests while the effects code can’t be loaded, and loads it with the next request', async () => {
  const load = vi.fn<LoadRuntime>(
    async (options, media) => (host) => createBrowserRuntime(options, media, host),
  )
  load.mockImplementationOnce(notFetched)
  const { agent, store, transport } = setUpCore(load)
  await expect(agent.connect()).rejects.toMatchObject({ code: 'chunk-load-failed' })
  expect(store.getState().voiceAgent).toMatchObject({
    connection: { status: 'failed', error: { code: 'chunk-load-failed' } },
    session: { storage: 'memory', error: { code: 'chunk-load-failed' } },
  })
  await agent.connect()
  expect(store.getState().voiceAgent).toMatchObject({ connection: { status: 'connected' } })
  expect(transport.requests).toHaveLength(1)
  await agent.dispose()
})

it('replays no fact about the failure to code that loads later, even if analytics add their times', async () => {
  const accepted: string[] = []
  const load = vi.fn<LoadRuntime>(async (options, media) => (host) => {
    const runtime = createBrowserRuntime(options, media, host)
    const { accept } = runtime
    runtime.accept = (action, ...rest) => {
      accepted.push(action.type)
      accept(action, ...rest)
    }
    return runtime
  })
  load.mockImplementationOnce(notFetched)
  const analytics = voiceAnalytics({ consent: true, sinks: [] })
  const { agent } = setUpCore(load, { analytics })
  await expect(agent.connect()).rejects.toMatchObject({ code: 'chunk-load-failed' })
  await agent.connect()
  expect(accepted).toContain('voiceAgent/connectRequested')
  expect(accepted.indexOf('voiceAgent/storageStatusChanged')).toBeGreaterThan(
    accepted.indexOf('voiceAgent/connectRequested'),
  )
  await agent.dispose()
})

it('reloads the effects code only after a pause, and answers requests made in reaction to the failure', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const load = vi.fn<LoadRuntime>(
    async (options, media) => (host) => createBrowserRuntime(options, media, host),
  )
  load.mockImplementationOnce(notFetched).mockImplementationOnce(notFetched)
  const { agent, transport } = setUpCore(load)
  let second = Promise.resolve()
  const stop = agent.on('connectionStateChanged', (status) => {
    if (status !== 'failed') return
    stop()
    second = agent.connect()
    second.catch(() => undefined)
  })
  await expect(agent.connect()).rejects.toMatchObject({ code: 'chunk-load-failed' })
  await vi.advanceTimersByTimeAsync(900)
  expect(load).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(100)
  expect(load).toHaveBeenCalledTimes(2)
  await expect(second).rejects.toMatchObject({ code: 'chunk-load-failed' })
  await vi.advanceTimersByTimeAsync(2_000)
  expect(load).toHaveBeenCalledTimes(3)
  await agent.connect()
  expect(transport.requests).toHaveLength(1)
  await agent.dispose()
})

/** Replaces the page's media, which Node lacks. */
function stubMedia() {
  const unsubscribe = vi.fn()
  const level = { get: () => 0.5, subscribe: () => unsubscribe }
  const media = {
    devices: { get: () => ({ microphones: [] }), subscribe: () => unsubscribe, refresh: async () => {} },
    level: () => level,
  } as unknown as BrowserAgentMedia
  const createAgentMedia = vi.fn(() => media)
  const load = async () => ({ createAgentMedia, callParts: {} }) as never
  return { unsubscribe, createAgentMedia, load }
}

it('notifies device and level listeners once the media code is loaded', async () => {
  const { unsubscribe, load } = stubMedia()
  const importing = vi.fn(load)
  const media = createLazyMedia({}, importing)
  const onLevel = vi.fn()
  const stop = media.level('agent').subscribe(onLevel)
  expect(media.level('agent').get()).toBe(0)
  expect(importing).not.toHaveBeenCalled()
  const onDevices = vi.fn()
  media.devices.subscribe(onDevices)
  await vi.waitFor(() => expect(onDevices).toHaveBeenCalled())
  expect(onLevel).toHaveBeenCalledTimes(1)
  expect(media.level('agent').get()).toBe(0.5)
  stop()
  expect(unsubscribe).toHaveBeenCalledTimes(1)
})

it('reloads the media code after a failure, and creates the media once', async () => {
  const { createAgentMedia, load } = stubMedia()
  const importing = vi.fn(load).mockImplementationOnce(notFetched)
  const media = createLazyMedia({}, importing)
  await expect(media.load()).rejects.toMatchObject({ code: 'chunk-load-failed' })
  const [one, other] = await Promise.all([media.load(), media.load()])
  expect(one.media).toBe(other.media)
  expect(importing).toHaveBeenCalledTimes(2)
  expect(createAgentMedia).toHaveBeenCalledTimes(1)
})
