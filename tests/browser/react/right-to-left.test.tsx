import type { CallCheckStep } from 'redux-voice-agent'
import {
  preloadVoiceAssistant,
  VoiceAssistantCallCheck,
  VoiceAssistantCaptions,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantDock,
  VoiceAssistantHeader,
  VoiceAssistantNotice,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  VoiceAssistantTranscript,
} from 'redux-voice-agent/react'
import { beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { ar } from '../../../storybook/locales/ar.js'
import { findFocused, type Place, places, renderIn } from './places.js'
import { find, listen, mountAgent, painted, render } from './support.js'

beforeAll(() => preloadVoiceAssistant())

async function open(place: Place) {
  const app = mountAgent([], { reconnect: () => 60_000 })
  const steps: CallCheckStep[] = [{ name: 'relay', status: 'passed', finding: null, error: null }]
  // A double, because it would open a microphone and a connection.
  app.voiceAgent.agent.checkCall = async (onChange = () => {}) => {
    onChange(steps)
    return steps
  }
  const { container } = renderIn(
    place,
    <div dir="rtl">
      {app.inApp(
        <VoiceAssistantRoot texts={ar}>
          <VoiceAssistantSheet>
            <VoiceAssistantHeader />
            <VoiceAssistantNotice />
            <VoiceAssistantCallCheck />
            <VoiceAssistantTranscript />
            <VoiceAssistantDock>
              <VoiceAssistantComposer />
              <VoiceAssistantControls />
            </VoiceAssistantDock>
          </VoiceAssistantSheet>
        </VoiceAssistantRoot>,
      )}
    </div>,
  )
  const bar = await find(container, '[data-rva-part=sheet-bar]')
  return { ...app, container, bar, ears: listen(container) }
}

const focused = () => findFocused()?.getAttribute('aria-label') ?? findFocused()?.textContent ?? null

test.each(places)(
  'in the %s, a call in Arabic works by keyboard alone, with this focus and these announcements',
  async (place) => {
    const { bar, ears, container, transport, voiceAgent, store } = await open(place)
    const step = async (run: () => unknown, focus: string, ...said: string[]) => {
      await run()
      await ears.expect(...said)
      await vi.waitFor(() => expect(focused()).toBe(focus))
    }
    const loudness = () => voiceAgent.selectors.selectVoiceAgent(store.getState()).connection.volume
    const keys = (text: string) => () => userEvent.keyboard(text)
    const to =
      (name: string, key = '{Tab}') =>
      async () => {
        for (let stop = 0; focused() !== name; stop++) {
          if (stop > 20) throw new Error(`The keyboard does not reach ${name}.`)
          await userEvent.keyboard(key)
        }
      }
    bar.focus()
    await step(keys('{Enter}'), ar.closeSheet)
    await step(to(ar.checkCall), ar.checkCall)
    await step(keys('{Enter}'), ar.closeCheck, `${ar.checkSteps.relay} ${ar.checkPassed.relay} `)
    await step(keys('{Enter}'), ar.checkCall)
    await step(to(ar.start), ar.start)
    await step(keys('{Enter}'), ar.end, ar.announceConnected)
    await step(() => transport.emit({ type: 'microphoneChanged', microphone: 'live' }), ar.end)
    await step(to(ar.message), ar.message)
    await step(keys('مرحبا{Enter}'), ar.message)
    await step(to(ar.devices), ar.devices)
    await step(keys('{Enter}'), ar.devices)
    const panel = await find(container, '[data-rva-part=device-panel]')
    // The loud end of the volume slider is on the left, because the browser renders it from right to left.
    const volume = await find(panel, 'input[type=range]')
    volume.focus()
    await userEvent.keyboard('{ArrowRight}')
    await vi.waitFor(() => expect(loudness()).toBeCloseTo(0.95))
    await userEvent.keyboard('{ArrowLeft}')
    await vi.waitFor(() => expect(loudness()).toBe(1))
    await step(keys('{Escape}'), ar.devices)
    await step(
      () => transport.emit({ type: 'microphoneChanged', microphone: 'ended' }),
      ar.devices,
      ar.errors['microphone-ended'],
    )
    await step(
      () => transport.emit({ type: 'connectionState', state: 'failed' }),
      ar.devices,
      ar.announceReconnecting,
    )
    await step(
      () => voiceAgent.agent.retry(),
      ar.devices,
      ar.announceReconnected,
      ar.errors['microphone-ended'],
    )
    await step(to(ar.newConversation, '{Shift>}{Tab}{/Shift}'), ar.newConversation)
    await step(keys('{Enter}'), ar.cancel)
    await step(keys('{Escape}'), ar.newConversation)
    await step(to(ar.end), ar.end)
    await step(keys('{Enter}'), ar.continueConversation, ar.announceEnded)
    await step(keys('{Escape}'), `${ar.title} ${ar.status.disconnected}`)
    expect(transport.open).toBe(0)
  },
)

test.each(places)('in the %s, the assistant is mirrored from right to left', async (place) => {
  const { container, bar, transport, voiceAgent } = await open(place)
  bar.click()
  await find(container, 'dialog[open] textarea')
  await voiceAgent.agent.connect()
  transport.emit({ type: 'userTranscriptReceived', text: 'مرحبا', final: true })
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'أهلا' })
  await find(container, '[data-role=assistant] [data-rva-part=text]')
  await painted()
  const middle = (selector: string) => {
    const { left, right } = (container.querySelector(selector) as Element).getBoundingClientRect()
    return (left + right) / 2
  }
  /** Selectors from right to left. */
  const rows = [
    ['[data-rva-part=heading]', '[data-rva-part=header-end]'],
    ['[data-rva-part=composer-input]', '[data-rva-part=send]'],
    ['[data-rva-part=devices]', '[data-rva-part=primary]'],
    ['[data-role=assistant] [data-rva-part=bubble]', '[data-role=user] [data-rva-part=bubble]'],
  ]
  for (const [first = '', second = ''] of rows)
    expect(middle(first), `${first} ${second}`).toBeGreaterThan(middle(second))
  const direction = () =>
    getComputedStyle(container.querySelector('[data-rva-part=composer-input]') as Element).direction
  expect(direction()).toBe('rtl')
  for (const [draft, expected] of [
    ['Two kettles', 'ltr'],
    ['مرحبا', 'rtl'],
    ['', 'rtl'],
  ] as const) {
    voiceAgent.agent.setDraft(draft)
    await vi.waitFor(() => expect(direction(), draft).toBe(expected))
  }
})

test.each([
  ['rtl', 'a long draft in English', 'right'],
  ['ltr', 'مسودة طويلة بالعربية', 'left'],
] as const)(
  'in a page with dir=%s, the draft “%s” is spaced from the border, not from the button',
  async (dir, draft, side) => {
    const app = mountAgent()
    const { container } = render(
      <div dir={dir}>
        {app.inApp(
          <VoiceAssistantRoot>
            <VoiceAssistantComposer />
          </VoiceAssistantRoot>,
        )}
      </div>,
    )
    const input = (await find(container, '[data-rva-part=composer-input]')) as HTMLTextAreaElement
    await userEvent.fill(input, draft)
    await vi.waitFor(() => expect(input.dir).toBe('auto'))
    const { paddingLeft, paddingRight } = getComputedStyle(input)
    expect({ left: paddingLeft, right: paddingRight }).toEqual({ left: '0px', right: '0px', [side]: '16px' })
  },
)

test('in 328 px, the duration of a push-to-talk call in Arabic is beside the status', async () => {
  const { inApp, voiceAgent, transport } = mountAgent([], { talk: 'push-to-talk' })
  const { container } = render(
    <div dir="rtl" style={{ inlineSize: '328px' }}>
      {inApp(
        <VoiceAssistantRoot texts={ar}>
          <VoiceAssistantHeader />
        </VoiceAssistantRoot>,
      )}
    </div>,
  )
  await voiceAgent.agent.connect()
  transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
  const duration = await find(container, '[data-rva-part=duration]')
  const status = await find(container, '[data-kind=push-to-talk]')
  expect(duration.getBoundingClientRect().top).toBeLessThan(status.getBoundingClientRect().bottom)
})

test('captions have the direction of their words, not that of the speaker label', async () => {
  const { inApp, voiceAgent, transport } = mountAgent()
  const { container } = render(
    inApp(
      <VoiceAssistantRoot texts={ar}>
        <VoiceAssistantCaptions />
      </VoiceAssistantRoot>,
    ),
  )
  await voiceAgent.agent.connect()
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a1' })
  transport.emit({ type: 'assistantTextReplaced', turnId: 'a1', text: 'It comes in green.' })
  const words = await find(container, '[data-rva-part=captions] p')
  await vi.waitFor(() => expect(words.textContent).toBe(`${ar.author?.assistant} It comes in green.`))
  expect(getComputedStyle(words).direction).toBe('ltr')
})
