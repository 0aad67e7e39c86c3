import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'

const disposals: (() => Promise<void>)[] = []
beforeEach(() => sessionStorage.clear())
afterEach(async () => {
  vi.restoreAllMocks()
  for (const dispose of disposals.splice(0)) await dispose()
})

const { setTimeout: realTimeout } = globalThis
const wait = (ms: number) => new Promise((resolve) => realTimeout(resolve, ms))

/** Stops the stream's timer, so that only what does not wait for it happens. Encryption takes as long as it takes. */
function stopTimers() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
}

async function until(isTrue: () => boolean) {
  while (!isTrue()) await wait(2)
}

/** A page in a call while the agent is talking, with everything encrypted from then on. */
async function startTalking(databaseName = `test-${crypto.randomUUID()}`) {
  const transport = scriptedTransport()
  const refreshToken = async () => ({ token: 't', expiresAt: Date.now() + 600_000, sessionId: databaseName })
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken,
    persistence: { databaseName, debounceMs: 60_000, maxWaitMs: 60_000 },
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  disposals.push(() => voiceAgent.dispose())
  await voiceAgent.sessionManager.initialize()
  return {
    databaseName,
    transport,
    voiceAgent,
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
    async talk() {
      await voiceAgent.agent.connect()
      transport.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
      await voiceAgent.persistor.flush()
      const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
      return {
        /** Each save encrypts a segment and the head. */
        saves: () => encrypt.mock.calls.length / 2,
        sealed: () =>
          encrypt.mock.calls.map(([, , bytes]) => new TextDecoder().decode(bytes as Uint8Array)).join(),
      }
    },
  }
}

const delta = (text: string) => ({ type: 'assistantTextAppended', turnId: 'turn', delta: text }) as const

test('a stream of deltas is encrypted ten times a second, and its end immediately', async () => {
  const { transport, talk } = await startTalking()
  const { saves, sealed } = await talk()
  const start = performance.now()
  for (let count = 0; count < 50; count++) {
    transport.emit(delta(' word'))
    await wait(10)
  }
  expect(saves()).toBeGreaterThanOrEqual(3)
  expect(saves()).toBeLessThanOrEqual((performance.now() - start) / 100 + 2)

  stopTimers()
  transport.emit(delta(' last'))
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'turn' })
  await until(() => sealed().includes('word last'))
})

test('a final message that arrives between two deltas does not wait with them', async () => {
  const { transport, talk, voiceAgent } = await startTalking()
  const { sealed } = await talk()
  stopTimers()
  transport.emit(delta('a'))
  voiceAgent.agent.sendText('final in between')
  transport.emit(delta(' b'))
  await until(() => sealed().includes('final in between'))
})

test('what was streaming just before the page closes is restored', async () => {
  const before = await startTalking()
  await before.talk()
  before.transport.emit(delta('not yet'))
  before.transport.emit(delta(' sealed'))
  window.dispatchEvent(new Event('pagehide'))
  await before.voiceAgent.dispose()
  const after = await startTalking(before.databaseName)
  expect(after.texts()).toEqual(['not yet sealed'])
})

test.each(['disconnect', 'dispose'] as const)(
  'text waiting for its frame when the app calls %s is stored',
  async (end) => {
    const before = await startTalking()
    await before.talk()
    before.transport.emit(delta('painted,'))
    before.transport.emit(delta(' and not yet painted'))
    if (end === 'disconnect') await before.voiceAgent.agent.disconnect()
    await before.voiceAgent.dispose()
    const after = await startTalking(before.databaseName)
    expect(after.texts()).toEqual(['painted, and not yet painted'])
  },
)

test('once the page is closing, every word is encrypted as it arrives', async () => {
  const { transport, talk } = await startTalking()
  const { sealed } = await talk()
  transport.emit(delta('said before'))
  window.dispatchEvent(new Event('beforeunload'))
  await until(() => sealed().includes('said before'))
  stopTimers()
  transport.emit(delta(' and after'))
  await until(() => sealed().includes('said before and after'))
})
