import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import { configureStore, type StoreEnhancer, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'

type Lifted = LiftedState<unknown, UnknownAction, unknown>

beforeEach(() => sessionStorage.clear())

/** A page with the browser's own storage and the DevTools instrument. */
async function openPage(
  databaseName: string = crypto.randomUUID(),
  autoReconnect: 'never' | 'always' = 'never',
) {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    autoReconnect,
    persistence: { databaseName, debounceMs: 10 },
    refreshToken: async ({ sessionId }) => ({
      token: 'token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
  })
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (getDefault) => getDefault({ serializableCheck: false }).concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefault) => getDefault().concat(instrument() as StoreEnhancer),
  })
  const { liftedStore } = store as unknown as {
    liftedStore: { dispatch(action: object): void; getState(): Lifted }
  }
  onTestFinished(() => voiceAgent.dispose())
  if (autoReconnect === 'never') await voiceAgent.sessionManager.initialize()
  return {
    ...voiceAgent,
    transport,
    liftedStore,
    databaseName,
    state: () => store.getState().voiceAgent,
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
    counts: async () =>
      (await voiceAgent.sessionManager.listSessions()).map(({ id, messageCount }) => [id, messageCount]),
  }
}

type Page = Awaited<ReturnType<typeof openPage>>

it.each(['before its runtime is loaded', 'before its storage is open'])(
  'the End of an agent that is disposed of %s is kept, so that the next page does not call',
  async (moment) => {
    const called = await openPage()
    await called.agent.connect()
    called.agent.sendText('said in the call')
    await called.persistor.flush()
    await called.dispose()

    const ended = await openPage(called.databaseName, 'always')
    if (moment === 'before its storage is open') await ended.persistor.flush()
    const answer = ended.agent.disconnect()
    await ended.dispose()
    await answer

    const next = await openPage(called.databaseName, 'always')
    await next.sessionManager.initialize()
    expect([next.texts(), next.transport.requests]).toEqual([['said in the call'], []])
  },
)

describe.each(['before its runtime is loaded', 'before its storage is open'])(
  'an agent that is disposed of %s',
  (moment) => {
    it.each([
      ['reset', (page: Page) => page.agent.reset()],
      ['newSession', (page: Page) => page.agent.newSession()],
      ['eraseAll', (page: Page) => page.sessionManager.eraseAll()],
      ['deleteSession', (page: Page, id: string) => page.sessionManager.deleteSession(id)],
    ])('releases its session for %s(), so that the next page does not show it', async (_, leave) => {
      const called = await openPage()
      await called.agent.connect()
      called.agent.sendText('said in the call')
      await called.persistor.flush()
      const id = called.state().session.id as string
      await called.dispose()

      const left = await openPage(called.databaseName, 'always')
      if (moment === 'before its storage is open') await left.persistor.flush()
      leave(left, id).catch(() => {})
      await left.dispose()

      const next = await openPage(called.databaseName, 'always')
      await next.sessionManager.initialize()
      expect([next.texts(), next.transport.requests]).toEqual([[], []])
    })
  },
)

it('nothing from an imported log is stored, whatever is live', async () => {
  const theirs = await openPage()
  await theirs.agent.connect()
  for (let count = 0; count < 30; count++) theirs.agent.sendText(`theirs ${count}`)
  const log: Lifted = JSON.parse(JSON.stringify(theirs.liftedStore.getState()))
  await theirs.dispose()
  sessionStorage.clear()

  const mine = await openPage()
  await mine.agent.connect()
  mine.agent.sendText('mine')
  await mine.persistor.flush()
  const before = await mine.counts()
  mine.liftedStore.dispatch(ActionCreators.importState(log))
  mine.transport.emit({ type: 'userTranscriptReceived', text: 'mine again', final: true })
  await mine.persistor.flush()
  expect(await mine.counts()).toEqual(before)
  await mine.dispose()

  // As the page closes, only the words of its own call are saved.
  const next = await openPage(mine.databaseName)
  expect(await next.counts()).toHaveLength(1)
  expect(next.texts()).toEqual(['mine', 'mine again'])
})

describe('tool call arguments that are not JSON', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular

  it.each([
    ['a bigint', { amount: 1n }],
    ['a circle', circular],
    ['a function', { run: () => 1 }],
    ['a Map', new Map([['a', 1]])],
  ])('%s: the conversation is stored, and restored with everything said afterwards', async (_what, value) => {
    const page = await openPage()
    await page.agent.connect()
    page.agent.sendText('before')
    page.transport.emit({ type: 'toolCallStarted', toolCallId: '1', name: 'look', arguments: value })
    page.transport.emit({ type: 'toolCallStopped', toolCallId: '1', cancelled: false })
    page.agent.sendText('after')
    await page.persistor.flush()
    expect(page.state().session).toMatchObject({ storage: 'persistent', error: null })
    const [[, count] = []] = await page.counts()
    // The tool call is one of them, or was rejected as a whole.
    expect([2, 3]).toContain(count)
    await page.dispose()
    const next = await openPage(page.databaseName)
    expect(next.texts().filter((text) => text !== '')).toEqual(['before', 'after'])
  })
})
