import { memoryStorage } from 'redux-voice-agent/testing'
import type { TransportHost, VoiceTransport, VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expect, it, vi } from 'vitest'
import { stubBrowser } from '../audio/stubs.js'
import { rest, setUp } from './support.js'

/** A transport whose peer connection and microphone are prepared while the session is read. */
const transport: VoiceTransportFactory = Object.assign(
  (host: TransportHost): VoiceTransport => ({
    async connect({ signal }) {
      const peer = await host.openPeer({ dataChannel: 'chat', signal, onMessage() {} })
      peer.openMicrophoneGate()
      return 'fresh'
    },
    send() {},
    close() {},
  }),
  { peer: { dataChannel: 'chat' } },
)

type Page = ReturnType<typeof setUp>

/** A page in one tab, whose microphone the user has allowed. */
function openPage(storage: ReturnType<typeof memoryStorage>) {
  const browser = stubBrowser()
  browser.permission = 'granted'
  const page = setUp(undefined, {
    transport,
    persistence: { storage, debounceMs: 0 },
    autoReconnect: 'never',
  })
  return { browser, page }
}

const choices: [string, (page: Page) => void][] = [
  ['types', ({ agent }) => agent.setTalkMode('text')],
  ['pushes to talk', ({ agent }) => agent.setTalkMode('push-to-talk')],
  ['is muted', ({ agent }) => agent.mute()],
  ['has chosen a microphone', ({ agent }) => agent.selectMicrophone('headset')],
]

it.each(choices)(
  'if Start is pressed before the session is read, the call follows its choices: the user %s',
  async (_what, choose) => {
    const storage = memoryStorage('tab')
    const before = openPage(storage)
    await before.page.sessionManager.initialize()
    const calling = before.page.agent.connect()
    await vi.waitFor(() => expect(before.browser.prompts).toHaveLength(1))
    before.browser.prompts[0]?.grant()
    await calling
    choose(before.page)
    const { talk, isMuted, microphoneId } = before.page.state().connection
    await before.page.voiceAgent.persistor.flush()
    await before.page.voiceAgent.dispose()

    const { browser, page } = openPage(storage)
    await page.agent.connect()
    // Another device is opened after the first one.
    for (let turn = 0; turn < 3; turn++) {
      for (const prompt of browser.prompts) if (!prompt.isAnswered) prompt.grant()
      await rest()
    }
    expect(page.state().connection).toMatchObject({ status: 'connected', talk, isMuted, microphoneId })
    const isHeard = talk === 'hands-free' && !isMuted
    expect(browser.live()).toMatchObject(
      talk === 'text' ? [] : [{ deviceId: microphoneId, enabled: isHeard }],
    )
  },
)
