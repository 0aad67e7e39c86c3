import { memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import type { TransportHost, VoiceTransport, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expect, it, vi } from 'vitest'
import { stubBrowser } from '../audio/stubs.js'
import { createGate, deferred, type Gate, rest, setUp } from './support.js'

const transport: VoiceTransportFactory = Object.assign(
  (host: TransportHost): VoiceTransport => ({
    async connect({ signal }) {
      await host.openPeer({ dataChannel: 'chat', signal, onMessage() {} })
      return 'fresh'
    },
    send() {},
    close() {},
  }),
  { peer: { dataChannel: 'chat' } },
)

/** A tab's sessionStorage, which outlives its pages. */
function stubTab() {
  const entries = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => entries.get(name) ?? null,
    setItem: (name: string, value: string) => void entries.set(name, value),
    removeItem: (name: string) => void entries.delete(name),
  })
  return entries
}

function openPage(storage: VoiceStorage, options: Parameters<typeof setUp>[1] = {}) {
  const browser = stubBrowser()
  browser.permission = 'granted'
  const granting = setInterval(() => {
    for (const prompt of browser.prompts) if (!prompt.isAnswered) prompt.grant()
  })
  const page = setUp(undefined, { transport, persistence: { storage, debounceMs: 0 }, ...options })
  return {
    browser,
    page,
    async close() {
      await page.voiceAgent.dispose()
      clearInterval(granting)
    },
  }
}

/** A tab whose page was closed during a call. */
async function leaveCall() {
  const entries = stubTab()
  const storage = memoryStorage()
  const { page, close } = openPage(storage)
  await page.agent.connect()
  page.agent.sendText('Hello.')
  await page.voiceAgent.persistor.flush()
  await close()
  return { entries, storage }
}

/** A page that waits for its storage. */
async function openWaitingPage(storage: VoiceStorage, options: Parameters<typeof setUp>[1] = {}) {
  const gate: Gate = createGate()
  gate.hold(0)
  const opened = openPage(storage, {
    persistence: { storage: gate.storage(storage), debounceMs: 0 },
    ...options,
  })
  const initialized = opened.page.sessionManager.initialize()
  await gate.reached
  await rest()
  return { ...opened, gate, initialized }
}

it("is marked for the tab's next page only while it is live", async () => {
  const entries = stubTab()
  const { page, close } = openPage(memoryStorage())
  await page.sessionManager.initialize()
  expect(entries.size).toBe(0)
  const connected = page.agent.connect()
  await vi.waitFor(() => expect(entries.size).toBe(1))
  await connected
  await page.agent.disconnect()
  expect(entries.size).toBe(0)
  await page.agent.connect()
  await close()
  expect([...entries.keys()]).toEqual(['redux-voice-agent:redux-voice-agent:likely:voiceAgent'])
})

it('has its peer connection created in parallel with the database, and its microphone opened only once it is live again', async () => {
  const { storage } = await leaveCall()
  const { browser, page, gate, initialized, close } = await openWaitingPage(storage)
  expect([browser.connections.length, browser.prompts.length]).toEqual([1, 0])
  gate.open()
  await initialized
  // The transport waits for no device.
  await vi.waitFor(() =>
    expect(page.state().connection).toMatchObject({ status: 'connected', microphone: 'live' }),
  )
  expect([browser.connections.length, browser.prompts.length]).toEqual([1, 1])
  await close()
  expect(browser.live()).toEqual([])
  expect(browser.connections.map(({ connectionState }) => connectionState)).toEqual(['closed'])
})

it('starts in the task that shows its conversation, so that the app renders both together', async () => {
  const { storage } = await leaveCall()
  const read = deferred()
  const { browser, page, close } = openPage({
    ...storage,
    records: {
      ...storage.records,
      async getItem(sessionId) {
        const stored = await storage.records.getItem(sessionId)
        await read.promise
        return stored
      },
    },
  })
  const initialized = page.sessionManager.initialize()
  await vi.waitFor(() => expect(browser.connections).toHaveLength(1))
  await rest()
  // React renders in a microtask after such a change.
  const rendered = new Promise((resolve) => {
    const stop = page.store.subscribe(() => {
      if (page.state().conversation.messages.count === 0) return
      stop()
      queueMicrotask(() => resolve(page.state().connection.status))
    })
  })
  read.resolve()
  expect(await rendered).toBe('connecting')
  await initialized
  await close()
})

it('is prepared for nothing if there is nothing to restore, or the user ends it meanwhile', async () => {
  for (const how of ['nothing is stored', 'End'] as const) {
    const { storage } = await leaveCall()
    const { browser, page, gate, initialized, close } = await openWaitingPage(
      how === 'nothing is stored' ? memoryStorage() : storage,
    )
    expect(browser.connections).toHaveLength(1)
    const ended = how === 'End' ? page.agent.disconnect() : null
    gate.open()
    await ended
    await initialized
    await rest()
    expect(browser.live()).toEqual([])
    expect(browser.connections.map(({ connectionState }) => connectionState)).toEqual(['closed'])
    await close()
  }
})

it('is not prepared if the app turned it off, or the browser denies sessionStorage', async () => {
  const { storage } = await leaveCall()
  const unwanted = await openWaitingPage(storage, { autoReconnect: 'never' })
  expect(unwanted.browser.connections).toEqual([])
  unwanted.gate.open()
  await unwanted.initialized
  await unwanted.close()

  const left = await leaveCall()
  vi.stubGlobal('sessionStorage', {
    getItem() {
      throw new DOMException('no', 'SecurityError')
    },
  })
  const denied = await openWaitingPage(left.storage)
  expect(denied.browser.connections).toEqual([])
  denied.gate.open()
  await denied.initialized
  expect(denied.page.state().connection.status).toBe('connected')
  await denied.close()
})
