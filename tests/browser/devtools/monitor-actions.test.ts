import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import { configureStore, type StoreEnhancer, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { rawRecords, textOf } from '../storage/fixture.js'

type Lifted = LiftedState<unknown, UnknownAction, unknown>

const databaseName = `devtools-${Date.now()}`

/** A stored call with more than 500 actions and with tools, in a store with the DevTools instrument. */
async function recordCall() {
  const transport = scriptedTransport()
  const runTool = vi.fn(() => 'done')
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 't', expiresAt: Date.now() + 3_600_000, sessionId: 's' }),
    persistence: { databaseName },
    tools: {
      count: {
        description: 'Counts.',
        parameters: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
        run: runTool,
      },
    },
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefaultEnhancers) =>
      getDefaultEnhancers().concat(instrument(undefined, { maxAge: 2_000 }) as StoreEnhancer),
  })
  const { liftedStore } = store as unknown as {
    liftedStore: { dispatch(action: object): void; getState(): Lifted }
  }
  await voiceAgent.sessionManager.initialize()
  await voiceAgent.agent.connect()
  for (let turn = 0; liftedStore.getState().stagedActionIds.length < 500; turn++) {
    transport.emit({ type: 'userSpeechStarted' })
    transport.emit({ type: 'userSpeechStopped' })
    transport.emit({ type: 'userTranscriptReceived', text: `Question ${turn}`, final: true })
    transport.emit({ type: 'assistantTurnStarted', turnId: `a${turn}` })
    transport.emit({ type: 'assistantTextReplaced', turnId: `a${turn}`, text: `Answer ${turn}` })
    transport.emit({ type: 'assistantSpeechStarted' })
    transport.emit({ type: 'assistantTurnCompleted', turnId: `a${turn}` })
    transport.emit({ type: 'assistantSpeechStopped' })
    if (turn % 10 !== 0) continue
    transport.emit({ type: 'toolCallStarted', toolCallId: `t${turn}`, name: 'count', arguments: {} })
    await vi.waitFor(() => expect(transport.sent.at(-1)).toMatchObject({ toolCallId: `t${turn}` }))
  }
  await voiceAgent.persistor.flush()
  return { transport, voiceAgent, store, liftedStore, runTool }
}

/** All functions that an effect would have to call. */
function watchEffects() {
  const calls: string[] = []
  const watch = (on: object, ...names: string[]) => {
    for (const name of names) {
      const original = Reflect.get(on, name) as (...args: unknown[]) => unknown
      vi.spyOn(on as Record<string, typeof original>, name).mockImplementation(function (
        this: unknown,
        ...args
      ) {
        calls.push(name)
        return new.target ? Reflect.construct(original, args) : original.apply(this, args)
      })
    }
  }
  watch(globalThis, 'fetch', 'RTCPeerConnection', 'BroadcastChannel', 'setInterval')
  watch(navigator.mediaDevices, 'getUserMedia', 'enumerateDevices')
  watch(IDBDatabase.prototype, 'transaction')
  watch(IDBFactory.prototype, 'open', 'deleteDatabase')
  watch(Storage.prototype, 'setItem', 'removeItem', 'clear')
  watch(LockManager.prototype, 'request')
  watch(SubtleCrypto.prototype, 'encrypt', 'decrypt', 'generateKey')
  return calls
}

/** The database, byte for byte. */
const bytesStored = async () =>
  [...(await rawRecords(databaseName))].map(([key, record]) => `${key} ${textOf(record)}`)

describe('over a recorded call of 500 actions', () => {
  let call: Awaited<ReturnType<typeof recordCall>>
  let recorded: Lifted
  beforeAll(async () => {
    // A page cleans up once it is idle. On a busy machine, that could be in the middle of a test.
    vi.stubGlobal('requestIdleCallback', () => 0)
    call = await recordCall()
    recorded = call.liftedStore.getState()
    return async () => {
      await call.voiceAgent.dispose()
      vi.unstubAllGlobals()
    }
  })

  const { jumpToAction, jumpToState, toggleAction, setActionsActive, reorderAction } = ActionCreators
  const { lockChanges, pauseRecording, sweep, rollback, reset, commit, importState } = ActionCreators

  it.each<[string, () => object[]]>([
    ['jump to every state', () => recorded.computedStates.map((_state, index) => jumpToState(index))],
    ['jump to every action', () => recorded.stagedActionIds.map((id) => jumpToAction(id))],
    ['toggle actions, one after the other', () => range(1, 60).map((id) => toggleAction(id * 7))],
    [
      'skip a stretch of them, and take it back',
      () => [setActionsActive(100, 200, false), setActionsActive(100, 200, true)],
    ],
    ['reorder', () => [reorderAction(10, 300), reorderAction(400, 20)]],
    ['lock and unlock', () => [lockChanges(true), lockChanges(false)]],
    ['pause and resume', () => [pauseRecording(true), pauseRecording(false)]],
    ['sweep what is skipped', () => [toggleAction(50), sweep()]],
    ['roll back', () => [rollback()]],
    ['reset', () => [reset()]],
    ['commit', () => [commit()]],
    ['import a log', () => [importState(JSON.parse(JSON.stringify(recorded)))]],
    [
      'import bare actions',
      () => [
        importState(
          recorded.stagedActionIds.slice(1).flatMap((id) => recorded.actionsById[id]?.action ?? []),
        ),
      ],
    ],
  ])('%s: affects nothing but the view', async (_name, monitorActions) => {
    const { liftedStore, transport, runTool, voiceAgent } = call
    expect(recorded.stagedActionIds.length).toBeGreaterThanOrEqual(500)
    const before = await bytesStored()
    const seen = {
      requests: transport.requests.length,
      sent: transport.sent.length,
      tools: runTool.mock.calls.length,
    }
    const events: unknown[] = []
    const stops = (['message', 'error', 'connectionStateChanged', 'sessionRestored'] as const).map((event) =>
      voiceAgent.agent.on(event, (payload: unknown) => void events.push(payload)),
    )

    const effects = watchEffects()
    for (const action of monitorActions()) liftedStore.dispatch(action)
    // Postponed work would run now.
    await new Promise((resolve) => setTimeout(resolve))
    expect(effects).toEqual([])
    vi.restoreAllMocks()

    expect({
      requests: transport.requests.length,
      sent: transport.sent.length,
      tools: runTool.mock.calls.length,
    }).toEqual(seen)
    expect(events).toEqual([])
    expect(transport.open).toBe(1)
    // Not even when the page requests a save.
    await voiceAgent.persistor.flush()
    expect(await bytesStored()).toEqual(before)
    for (const stop of stops) stop()
    liftedStore.dispatch(importState(recorded))
  })

  it('continues where it was when the present is shown again', async () => {
    const { liftedStore, voiceAgent } = call
    liftedStore.dispatch(jumpToState(20))
    voiceAgent.agent.sendText('Said while the past was shown')
    liftedStore.dispatch(jumpToState(liftedStore.getState().computedStates.length - 1))
    const before = await bytesStored()
    const effects = watchEffects()
    voiceAgent.agent.sendText('Said in the present')
    await voiceAgent.persistor.flush()
    expect(effects).toEqual(expect.arrayContaining(['encrypt', 'transaction']))
    vi.restoreAllMocks()
    expect(await bytesStored()).not.toEqual(before)
    const texts = voiceAgent.selectors.selectMessages(call.store.getState()).map(({ text }) => text)
    expect(texts.slice(-2)).toEqual(['Said while the past was shown', 'Said in the present'])
    expect(texts).toContain('Answer 0')
  })
})

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
