import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentOptions, type VoiceAgentState } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { isWebKit } from './engine.js'

let databaseName: string
beforeEach(() => {
  sessionStorage.clear()
  databaseName = `test-${crypto.randomUUID()}`
})

const token = async () => ({ token: 't', expiresAt: Date.now() + 60_000, sessionId: databaseName })
const never = () => new Promise<never>(() => {})

/** A page of this tab, once it is known whether there is a session. */
async function openPage(...given: Parameters<typeof createPage>) {
  const page = createPage(...given)
  await page.sessionManager.initialize()
  return page
}

function createPage(
  refreshToken: () => ReturnType<typeof token>,
  options: Partial<VoiceAgentOptions> = {},
  preloadedState?: { voiceAgent: VoiceAgentState },
) {
  const { reducerPath: _, ...rest } = options
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken,
    persistence: { databaseName },
    ...rest,
  })
  const store = configureStore({
    ...(preloadedState ? { preloadedState } : {}),
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  onTestFinished(() => voiceAgent.dispose())
  return {
    ...voiceAgent,
    state: store.getState,
    subscribe: store.subscribe,
    status: () => store.getState().voiceAgent.connection.status,
  }
}
type Page = ReturnType<typeof createPage>

/** Presses Start. Returns the outcome. */
const press = ({ agent }: Page) =>
  agent.connect().then(
    () => null,
    (error: { code: string }) => error.code,
  )

test.skipIf(isWebKit)(
  'a page that closes before it has a token leaves its call to the next page, once',
  async () => {
    const before = await openPage(never)
    const pressed = press(before)
    await before.dispose()
    expect(await pressed).toBe('disposed')
    const after = await openPage(token)
    await vi.waitFor(() => expect(after.status()).toBe('connected'))
    await after.agent.disconnect()
    await after.dispose()
    expect((await openPage(token)).status()).toBe('idle')
  },
)

test.skipIf(isWebKit)(
  'if the page closes early, the next page makes a call that was requested while an ended one was restored',
  async () => {
    const first = await openPage(token)
    await first.agent.connect()
    await first.agent.disconnect()
    await first.dispose()

    const transport = scriptedTransport()
    const before = createPage(token, { transport: (host) => ({ ...transport(host), connect: never }) })
    const pressed = press(before)
    await vi.waitFor(() => expect(before.state().voiceAgent.session.restore.phase).toBe('reconnecting'))
    expect(before.state().voiceAgent.session.restore.conversation).toBe('restored')
    await before.persistor.flush()
    await before.dispose()
    expect(await pressed).toBe('disposed')

    const after = await openPage(token)
    expect(after.status()).toBe('connected')
  },
)

/** Leaves a session whose call has ended, and a page that closes before it has read that session. */
async function pressAndLeaveBeforeItIsRead() {
  const expired = async () => ({ ...(await token()), expiresAt: Date.now() + 1_000 })
  const first = await openPage(expired)
  await first.agent.connect()
  await first.agent.disconnect()
  await first.dispose()

  const before = createPage(never)
  let pressed = Promise.resolve<string | null>(null)
  await new Promise<void>((resolve) => {
    const stop = before.subscribe(() => {
      if (before.state().voiceAgent.session.restore.phase !== 'loading-session') return
      stop()
      pressed = press(before)
      resolve()
    })
  })
  expect(before.state().voiceAgent.session.id).toBeNull()
  await before.dispose()
  expect(await pressed).toBe('disposed')
}

test.skipIf(isWebKit)(
  'a call requested before the page has read the stored session is left to the next page, once',
  async () => {
    await pressAndLeaveBeforeItIsRead()

    const after = await openPage(token)
    expect(after.state().voiceAgent.session.restore.conversation).toBe('restored')
    expect(after.status()).toBe('connected')
    await after.agent.disconnect()
    await after.dispose()
    expect((await openPage(token)).status()).toBe('idle')
  },
)

test('a call that was requested, and ended while there was no token, is not made much later', async () => {
  await pressAndLeaveBeforeItIsRead()

  const failing = await openPage(() => Promise.reject(new Error('down')), { reconnect: {} })
  expect(failing.state().voiceAgent.session.restore).toMatchObject({
    conversation: 'restored',
    reason: 'token-refresh-failed',
  })
  await failing.agent.disconnect()
  await failing.dispose()
  expect((await openPage(token)).status()).toBe('idle')
})

test.skipIf(isWebKit)(
  "a store that starts with the previous page's state takes a pending call only from the tab",
  async () => {
    const before = await openPage(never)
    const pressed = press(before)
    const calling = before.state()
    expect(calling.voiceAgent).toMatchObject({ connection: { status: 'connecting' }, session: { id: null } })
    await before.dispose()
    await pressed
    const after = await openPage(token, {}, calling)
    await vi.waitFor(() => expect(after.status()).toBe('connected'))
    const talking = after.state()
    await after.agent.disconnect()
    await after.dispose()

    // Neither a requested call nor a live one is taken over from another page's state.
    for (const state of [calling, talking]) {
      sessionStorage.clear()
      const page = await openPage(token, {}, state)
      expect(page.status()).toBe('idle')
      await page.dispose()
      const next = await openPage(token)
      expect(next.status()).toBe('idle')
      await next.dispose()
    }
  },
)

test('a reload starts no call that was ended, has failed, or must not start on a page load', async () => {
  const hungUp = await openPage(never)
  const pressed = press(hungUp)
  await hungUp.agent.disconnect()
  expect(await pressed).toBe('not-connected')
  await hungUp.dispose()

  const failing = await openPage(() => Promise.reject(new Error('down')))
  expect(failing.status()).toBe('idle')
  expect(await press(failing)).toBe('token-refresh-failed')
  await failing.dispose()

  const waiting = await openPage(never)
  expect(waiting.status()).toBe('idle')
  void press(waiting)
  await waiting.dispose()
  expect((await openPage(token, { autoReconnect: 'never' })).status()).toBe('idle')
})
