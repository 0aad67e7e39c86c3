import { persistState } from '@redux-devtools/core'
import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import { configureStore, type StoreEnhancer, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentState } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { rawRecords, textOf } from '../storage/fixture.js'
import { freshName } from '../storage/persisted-store.js'

/** Key under which DevTools stores the log of `?debug_session=debug`, for every tab of the origin. */
const logKey = 'redux-dev-session-debug'

/** A page whose DevTools stores its log in localStorage, and starts with the existing one. */
function openPage(persistence: false | { databaseName: string }) {
  const transport = scriptedTransport(({ resume }) => (resume ? 'resumed' : 'fresh'))
  const runTool = vi.fn(() => 'done')
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async ({ sessionId }) => ({
      token: 't',
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
    persistence: persistence && { debounceMs: 10, ...persistence },
    autoReconnect: 'never',
    tools: {
      count: {
        description: 'Counts.',
        parameters: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
        run: runTool,
      },
    },
  })
  const restored = vi.fn()
  voiceAgent.agent.on('sessionRestored', restored)
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefaultEnhancers) =>
      getDefaultEnhancers().concat(instrument() as StoreEnhancer, persistState('debug') as StoreEnhancer),
  })
  const shownAtFirst = store.getState().voiceAgent
  onTestFinished(async () => {
    // The end of its call is also an action, and the last one logged.
    await voiceAgent.dispose()
    localStorage.removeItem(logKey)
  })
  const { liftedStore } = store as unknown as {
    liftedStore: { dispatch(action: object): void; getState(): LiftedState<unknown, UnknownAction, unknown> }
  }
  return {
    ...voiceAgent,
    transport,
    runTool,
    restored,
    shownAtFirst,
    liftedStore,
    state: () => store.getState().voiceAgent,
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
  }
}

/** A call with everything that could happen again, ended by a reload. */
async function talkAndLeave(persistence: false | { databaseName: string }) {
  sessionStorage.clear()
  const page = openPage(persistence)
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  page.agent.sendText('Said before')
  page.transport.emit({ type: 'toolCallStarted', toolCallId: 't1', name: 'count', arguments: {} })
  await vi.waitFor(() => expect(page.transport.sent.at(-1)).toMatchObject({ toolCallId: 't1' }))
  await page.persistor.flush()
  const log = localStorage.getItem(logKey) ?? ''
  const id = page.state().session.id
  await page.dispose()
  localStorage.setItem(logKey, log)
  return { id, texts: page.texts() }
}

/** A session's records, byte for byte. */
async function bytesOf(databaseName: string, id: string | null): Promise<string[]> {
  const records = [...(await rawRecords(databaseName))].map(([key, record]) => `${key} ${textOf(record)}`)
  return records.filter((record) => record.includes(String(id)))
}

const isOfSession = (state: unknown, id: string | null) =>
  (state as { voiceAgent: VoiceAgentState }).voiceAgent.session.id === id

const emptyCall = { connection: { status: 'idle', microphone: 'off' }, stats: { startedAt: null } }

it('the log from before a reload starts no call, writes nothing, and is replaced by one restore', async () => {
  const databaseName = freshName('debug-session')
  const before = await talkAndLeave({ databaseName })
  const bytes = await bytesOf(databaseName, before.id)
  expect(bytes.length).toBeGreaterThan(1)
  const openMicrophone = vi.spyOn(navigator.mediaDevices, 'getUserMedia')
  onTestFinished(() => openMicrophone.mockRestore())

  const page = openPage({ databaseName })
  // DevTools did restore the past: a call that no page has.
  expect(page.shownAtFirst).toMatchObject({ connection: { status: 'connected' }, session: { id: before.id } })
  expect(await page.sessionManager.initialize()).toEqual({ conversation: 'restored', agent: 'none' })
  expect(page.state()).toMatchObject({
    connection: { status: 'idle', microphone: 'off' },
    session: { id: before.id, restore: { reason: 'reconnect-not-wanted' } },
  })
  expect(page.texts()).toEqual(before.texts)
  expect(page.restored).toHaveBeenCalledOnce()
  // Postponed work would run now.
  await page.persistor.flush()
  expect(page.transport.requests).toEqual([])
  expect(page.runTool).not.toHaveBeenCalled()
  expect(openMicrophone).not.toHaveBeenCalled()
  expect(await bytesOf(databaseName, before.id)).toEqual(bytes)

  // Showing the past changes nothing, and the present continues where it was.
  const { computedStates } = page.liftedStore.getState()
  for (const index of computedStates.keys()) page.liftedStore.dispatch(ActionCreators.jumpToState(index))
  expect(page.transport.requests).toEqual([])
  expect(page.restored).toHaveBeenCalledOnce()
  await page.agent.connect()
  page.agent.sendText('Said after')
  await page.persistor.flush()
  expect(page.texts()).toEqual([...before.texts, 'Said after'])
  expect(await bytesOf(databaseName, before.id)).not.toEqual(bytes)
})

it('the log of one tab gives another tab neither its session nor its conversation', async () => {
  const databaseName = freshName('debug-session')
  const other = await talkAndLeave({ databaseName })
  const bytes = await bytesOf(databaseName, other.id)
  sessionStorage.clear()
  const page = openPage({ databaseName })
  expect(page.shownAtFirst.session.id).toBe(other.id)
  expect(await page.sessionManager.initialize()).toEqual({ conversation: 'none', agent: 'none' })
  expect(page.state()).toMatchObject({ ...emptyCall, session: { id: null } })
  expect(page.texts()).toEqual([])
  await page.agent.connect()
  page.agent.sendText('Said here')
  await page.persistor.flush()
  expect(page.texts()).toEqual(['Said here'])
  expect(page.state().session.id).not.toBe(other.id)

  // Something happens to the call while that past is shown.
  const { computedStates } = page.liftedStore.getState()
  const past = computedStates.findIndex(({ state }) => isOfSession(state, other.id))
  page.liftedStore.dispatch(ActionCreators.jumpToState(past))
  expect(page.state().session.id).toBe(other.id)
  page.transport.emit({ type: 'userTranscriptReceived', text: 'Said while the past was shown', final: true })
  await page.persistor.flush()
  expect(await bytesOf(databaseName, other.id)).toEqual(bytes)
})

it('an agent without persistence does not mistake the past for a call', async () => {
  await talkAndLeave(false)
  const page = openPage(false)
  expect(page.shownAtFirst.connection.status).toBe('connected')
  await page.sessionManager.initialize()
  expect(page.state()).toMatchObject(emptyCall)
  expect(() => page.agent.sendText('To nobody')).toThrow(expect.objectContaining({ code: 'not-connected' }))
  expect(page.texts()).toEqual([])
})
