import { memoryStorage } from 'redux-voice-agent/testing'
import type { TransportHost, VoiceTransport, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { describe, expect, it, vi } from 'vitest'
import { stubBrowser } from '../audio/stubs.js'
import { answerOf, countingTokens, createGate, deferred, isReachedBefore, rest, setUp } from './support.js'

/** A transport that names its peer connection, so that it is made beside the token and the session. */
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

function start(options: Parameters<typeof setUp>[1] = {}) {
  const browser = stubBrowser()
  browser.permission = 'granted'
  const tokens = countingTokens()
  const token = deferred<void>()
  const page = setUp(undefined, {
    transport,
    persistence: { storage: memoryStorage(), debounceMs: 0 },
    refreshToken: async (request) => {
      await token.promise
      return tokens(request)
    },
    ...options,
  })
  return { browser, page, token }
}

const openConnections = (browser: ReturnType<typeof stubBrowser>) =>
  browser.connections.filter(({ connectionState }) => connectionState !== 'closed')

describe('a call, while its token is awaited', () => {
  it('has its microphone and its peer connection opened, and uses both', async () => {
    const { browser, page, token } = start()
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    expect(browser.connections).toHaveLength(1)
    const track = browser.prompts[0]?.grant()
    await vi.waitFor(() => expect(page.state().connection.microphone).toBe('live'))
    expect(page.state().session.id).toBeNull()
    token.resolve()
    await connected
    expect(browser.connections).toHaveLength(1)
    expect(browser.live()).toEqual([track])
    expect(page.state().connection).toMatchObject({ status: 'connected', microphone: 'live' })
  })

  it('releases both if there is no token, and says why', async () => {
    const { browser, page, token } = start()
    const answer = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    browser.prompts[0]?.grant()
    await rest()
    token.reject(new Error('no'))
    expect(await answer).toBe('token-refresh-failed')
    expect([browser.live(), openConnections(browser)]).toEqual([[], []])
    expect(page.state().connection).toMatchObject({ status: 'failed', microphone: 'off' })
  })

  it('is muted, and set to another device, as it was asked for meanwhile', async () => {
    const { browser, page, token } = start()
    const connected = page.agent.connect()
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    const first = browser.prompts[0]?.grant()
    await rest()
    page.agent.mute()
    page.agent.selectMicrophone('headset')
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(2))
    const second = browser.prompts[1]?.grant()
    token.resolve()
    await connected
    expect([first?.readyState, second?.enabled]).toEqual(['ended', false])
    expect(page.state().connection).toMatchObject({ microphone: 'muted', microphoneId: 'headset' })
  })

  it('is ended, and another is begun: the microphone of the first is not that of the second', async () => {
    const { browser, page, token } = start()
    const first = answerOf(page.agent.connect())
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(1))
    void page.agent.disconnect()
    const second = page.agent.connect()
    await vi.waitFor(() => expect(browser.prompts).toHaveLength(2))
    const [early, late] = browser.prompts.map((prompt) => prompt.grant())
    token.resolve()
    await second
    expect(await first).toBe('not-connected')
    expect([early?.readyState, late?.readyState]).toEqual(['ended', 'live'])
    expect(openConnections(browser)).toHaveLength(1)
  })
})

const ends: [string, (page: ReturnType<typeof start>['page']) => Promise<unknown>][] = [
  ['disconnect()', (page) => page.agent.disconnect()],
  ['newSession()', (page) => page.agent.newSession()],
  ['reset()', (page) => page.agent.reset()],
  ['a reset of the root state', async (page) => page.logOut()],
  ['dispose()', (page) => page.voiceAgent.dispose()],
]

describe('whatever a prepared call waits for, nothing stays open after it is over', () => {
  it.each(ends)('%s', async (_, end) => {
    /** @returns false if the call was on before it waited for so many things. */
    async function tryAt(index: number): Promise<boolean> {
      const gate = createGate()
      const tokens = countingTokens()
      const { browser, page } = start({
        persistence: { storage: gate.storage(memoryStorage()), debounceMs: 0 },
        refreshToken: (request) => gate.pass(tokens(request)),
      })
      await page.sessionManager.initialize()
      gate.hold(index)
      const granting = setInterval(() => {
        for (const prompt of browser.prompts) if (!prompt.isAnswered) prompt.grant()
      })
      const connected = page.agent.connect()
      connected.catch(() => undefined)
      try {
        if (!(await isReachedBefore(gate.reached, connected))) return false
        const ended = answerOf(end(page), 3_000)
        await rest()
        gate.open()
        await rest()
        expect(await ended, `ended at ${index}`).toBe('resolved')
        expect(browser.live(), `live at ${index}`).toEqual([])
        expect(openConnections(browser), `open at ${index}`).toEqual([])
        return true
      } finally {
        clearInterval(granting)
        gate.open()
        await page.voiceAgent.dispose()
      }
    }
    let count = 0
    while (await tryAt(count)) count++
    // Token and storage, at the least.
    expect(count).toBeGreaterThanOrEqual(2)
  })
})
