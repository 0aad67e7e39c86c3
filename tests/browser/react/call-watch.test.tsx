import { preloadVoiceAssistant, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { findFocused } from './places.js'
import { button, find, listen, mountAgent, render } from './support.js'

beforeAll(() => preloadVoiceAssistant())

type Props = Parameters<typeof WebRTCVoiceAssistant>[0]

async function call(props: Props, views = 1) {
  if (props.idleTimeout !== undefined) {
    // The time of an idle call passes only while the test waits, so that a busy machine misses no warning.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
  }
  const app = mountAgent()
  const { container } = render(
    app.inApp(
      Array.from({ length: views }, (_, index) => (
        <WebRTCVoiceAssistant key={String(index)} title={`View ${index}`} {...props} />
      )),
    ),
  )
  const ears = listen(container)
  await find(container, '[data-rva-part=primary]')
  await app.voiceAgent.agent.connect()
  await ears.expect('Connected.')
  const connection = () => app.voiceAgent.selectors.selectVoiceAgent(app.store.getState()).connection
  return { ...app, container, ears, connection }
}

test('an idle call ends after a warning, with a reason that is not an error', async () => {
  const { ears, container, connection, transport } = await call({ idleTimeout: 2_000 })
  await ears.expect('! Are you still there? The conversation ends in 1 second.')
  const notice = await find(container, '[data-notice=idle]')
  expect(notice.textContent).toMatch(/ends in 1 second\.Keep talking$/)
  await ears.expect('The conversation has ended because nothing was said for a while.')
  expect(connection()).toMatchObject({ status: 'disconnected', endReason: 'idle', error: null })
  expect(transport.open).toBe(0)
  expect((await find(container, '[data-notice=ended-idle]')).textContent).toBe(
    'The conversation has ended because nothing was said for a while.',
  )
})

test('Keep talking continues the call, and its focus does not move to the End button', async () => {
  const { ears, container, connection } = await call({ idleTimeout: 3_000 }, 2)
  // One warning, although two views share the agent.
  await ears.expect('! Are you still there? The conversation ends in 2 seconds.')
  const keep = await button(container, 'notice-action')
  keep.focus()
  keep.click()
  await vi.waitFor(() => expect(container.querySelector('[data-notice=idle]')).toBeNull())
  await vi.waitFor(() => expect(findFocused()?.getAttribute('data-rva-part')).toBe('viewport'))
  expect(connection().status).toBe('connected')
})

test.each([
  ['speech', ({ transport }) => transport.emit({ type: 'userSpeechStarted' })],
  [
    'words',
    ({ transport }) => transport.emit({ type: 'userTranscriptReceived', text: 'A kettle', final: true }),
  ],
  ['a draft', ({ voiceAgent }) => voiceAgent.agent.setDraft('Two')],
  ['a text', ({ voiceAgent }) => voiceAgent.agent.sendText('Two, please.')],
  ['a key', () => document.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }))],
  ['a press', () => document.dispatchEvent(new PointerEvent('pointerdown'))],
  [
    'the voice of the agent',
    ({ transport }) => {
      transport.emit({ type: 'assistantTurnStarted', turnId: 'long' })
      transport.emit({ type: 'assistantSpeechStarted' })
    },
  ],
] satisfies [string, (app: Awaited<ReturnType<typeof call>>) => void][])(
  '%s withdraws the warning',
  async (_, act) => {
    const app = await call({ idleTimeout: 4_000 })
    const idle = () => app.container.querySelector('[data-notice=idle]')
    await vi.waitFor(() => expect(idle()).not.toBeNull())
    act(app)
    await vi.waitFor(() => expect(idle()).toBeNull())
    expect(app.connection()).toMatchObject({ status: 'connected', endReason: null })
  },
)

test('warnings show cause and remedy, and a dismissed one reappears on its next occurrence', async () => {
  const { store, voiceAgent, ears, container, connection, transport } = await call({ callWarnings: true })
  let at = Date.now()
  const seconds = (count: number, roundTripMs: number) => {
    for (let second = 0; second < count; second++) {
      at += 1000
      store.dispatch(
        voiceAgent.actions.networkSampled({
          connectionId: connection().connectionId ?? '',
          sample: {
            at,
            roundTripMs,
            jitterMs: 5,
            lossReceived: 0,
            lossSent: 0,
            bitrateReceived: 30_000,
            bitrateSent: 30_000,
            silentMs: 0,
          },
        }),
      )
    }
  }
  transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
  const text = 'The network is slow, so answers are delayed. Move closer to your router, or stop downloads.'
  // The monitor's code loads with the call.
  await vi.waitFor(() => {
    seconds(10, 900)
    expect(container.querySelector('[data-notice=slow-network]')?.textContent).toBe(text)
  })
  await ears.expect(text)
  ;(await find(container, '[data-notice=slow-network] [aria-label=Dismiss]')).click()
  await vi.waitFor(() => expect(container.querySelector('[data-notice=slow-network]')).toBeNull())
  seconds(10, 900)
  expect(ears.heard).toEqual([])
  seconds(20, 20)
  seconds(10, 900)
  await ears.expect(text)
  await find(container, '[data-notice=slow-network]')
  await voiceAgent.agent.disconnect()
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=notice]')).toBeNull())
})

test.each([
  ['turns', ['Answer.', 'Add to cart', '! The microphone was disconnected. Plug it in again, or type.']],
  ['none', ['! The microphone was disconnected. Plug it in again, or type.']],
] as const)('announcements of %s omit the rest, but never an error', async (announcements, expected) => {
  const app = mountAgent()
  const { container } = render(app.inApp(<WebRTCVoiceAssistant announcements={announcements} />))
  const ears = listen(container)
  await find(container, '[data-rva-part=primary]')
  await app.voiceAgent.agent.connect()
  app.voiceAgent.agent.setVolume(0)
  const { emit } = app.transport
  emit({ type: 'assistantTurnStarted', turnId: 'one' })
  emit({ type: 'assistantTextAppended', turnId: 'one', delta: 'Answer.' })
  emit({ type: 'assistantTurnCompleted', turnId: 'one' })
  emit({ type: 'toolCallStarted', toolCallId: 'tool', name: 'add_to_cart', arguments: {} })
  emit({ type: 'toolCallStopped', toolCallId: 'tool', cancelled: false })
  emit({ type: 'microphoneChanged', microphone: 'ended' })
  await ears.expect(...expected)
  await app.voiceAgent.agent.disconnect()
  expect(ears.heard).toEqual([])
})

test('the user chooses what is announced, for all assistants of the agent, and the app can remember the choice', async () => {
  const chosen: string[] = []
  const { ears, container, transport } = await call({ onAnnouncementsChange: (next) => chosen.push(next) }, 2)
  // The second view. The first one announces.
  ;(await find(container, '[aria-label="View 1"] [data-rva-part=devices]')).click()
  await userEvent.selectOptions(page.getByLabelText('Announcements for screen readers'), 'Errors only')
  expect(chosen).toEqual(['none'])
  transport.emit({ type: 'microphoneChanged', microphone: 'ended' })
  await ears.expect('! The microphone was disconnected. Plug it in again, or type.')
  transport.emit({ type: 'agentLeft' })
  await vi.waitFor(() => expect(container.querySelectorAll('[data-does=connect]')).toHaveLength(2))
  expect(ears.heard).toEqual([])
})
