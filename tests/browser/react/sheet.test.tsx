import { StrictMode } from 'react'
import {
  preloadVoiceAssistant,
  VoiceAssistantCallCheck,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantHeader,
  VoiceAssistantNotice,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  VoiceAssistantTranscript,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { beforeAll, expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { find, listen, mountAgent, painted, render } from './support.js'

beforeAll(() => preloadVoiceAssistant())

const Compact = () => (
  <VoiceAssistantRoot title="Ask the shop">
    <VoiceAssistantSheet>
      <VoiceAssistantHeader />
      <VoiceAssistantNotice />
      <VoiceAssistantTranscript />
      <VoiceAssistantComposer />
      <VoiceAssistantControls />
    </VoiceAssistantSheet>
  </VoiceAssistantRoot>
)

test('the sheet covers an inert page, Escape closes its panel first, and the focus returns to the bar', async () => {
  const app = mountAgent()
  const { container } = render(
    app.inApp(
      <>
        <button type="button">Behind</button>
        <Compact />
      </>,
    ),
  )
  const bar = await find(container, '[data-rva-part=sheet-bar]')
  expect(bar.textContent).toBe('Ask the shop Ready')
  bar.focus()
  await userEvent.keyboard('{Enter}')
  const dialog = page.getByRole('dialog', { name: 'Ask the shop' })
  await expect.element(page.getByRole('button', { name: 'Close the assistant' })).toHaveFocus()
  // Nothing behind it can be focused.
  container.querySelector('button')?.focus()
  expect(document.activeElement?.textContent).not.toBe('Behind')
  await app.voiceAgent.agent.connect()
  await userEvent.click(page.getByRole('button', { name: 'Microphone and speaker' }))
  await find(container, '[data-rva-part=device-panel]')
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=device-panel]')).toBeNull())
  await expect.element(dialog).toBeVisible()
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(container.querySelector('dialog[open]')).toBeNull())
  expect(document.activeElement).toBe(bar)
  // The call is still live.
  expect(app.transport.open).toBe(1)
  await vi.waitFor(() => expect(bar.textContent).toMatch(/^Ask the shop (Listening|Typing only)$/))
})

test.each(['before', 'after'])(
  'a sheet that is mounted %s a panel of the same agent announces while it is open, because the panel is behind it',
  async (order) => {
    const app = mountAgent()
    const both = [<Compact key="sheet" />, <WebRTCVoiceAssistant key="panel" title="Second" />]
    const { container } = render(app.inApp(order === 'before' ? both : both.toReversed()))
    const ears = listen(container)
    ;(await find(container, '[data-rva-part=sheet-bar]')).click()
    await find(container, 'dialog[open] [data-rva-part=primary]')
    await app.voiceAgent.agent.connect()
    await ears.expect('Connected.')
    expect(container.querySelector('dialog')?.textContent).toContain('Connected.')
    ;(await find(container, '[aria-label="Close the assistant"]')).click()
    await vi.waitFor(() => expect(container.querySelector('dialog')).toBeNull())
    await app.voiceAgent.agent.disconnect()
    await ears.expect('The conversation has ended.')
    expect(app.transport.open).toBe(0)
  },
)

test('a dismissal survives closing and opening the sheet, until the next occurrence', async () => {
  const app = mountAgent()
  const { container } = render(app.inApp(<Compact />))
  const bar = await find(container, '[data-rva-part=sheet-bar]')
  bar.click()
  await app.voiceAgent.agent.connect()
  const fail = () =>
    app.transport.emit({
      type: 'agentErrorReported',
      error: { code: 'agent-error', message: 'The agent had trouble.', recoverable: true },
      fatal: false,
    })
  fail()
  ;(await find(container, '[data-rva-part=notice] [aria-label=Dismiss]')).click()
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=notice]')).toBeNull())
  ;(await find(container, '[aria-label="Close the assistant"]')).click()
  await vi.waitFor(() => expect(container.querySelector('dialog[open]')).toBeNull())
  bar.click()
  await find(container, '[data-rva-part=notice-slot]')
  await painted()
  expect(container.querySelector('[data-rva-part=notice]')).toBeNull()
  fail()
  await find(container, '[data-notice=error-agent-error]')
})

test('a sheet that the browser closes without asking, as on a second Escape, can be opened again', async () => {
  const { container } = render(mountAgent().inApp(<Compact />))
  const bar = await find(container, '[data-rva-part=sheet-bar]')
  for (const _ of ['first', 'second']) {
    bar.click()
    ;(await find<HTMLDialogElement>(container, 'dialog[open]')).close()
    await vi.waitFor(() => expect(bar.getAttribute('aria-expanded')).toBe('false'))
    expect(document.activeElement).toBe(bar)
  }
})

test('a double click opens the sheet without pressing anything in it, and a held key does not close it again', async () => {
  const app = mountAgent()
  const { container } = render(
    app.inApp(
      // The bar covers the position of the sheet's call button.
      <div style={{ position: 'fixed', insetInline: 0, insetBlockEnd: 0, inlineSize: '100%' }}>
        <VoiceAssistantRoot title="Ask the shop">
          <VoiceAssistantSheet>
            <div style={{ flex: 1 }} />
            <VoiceAssistantControls />
          </VoiceAssistantSheet>
        </VoiceAssistantRoot>
      </div>,
    ),
  )
  const bar = await find(container, '[data-rva-part=sheet-bar]')
  await userEvent.dblClick(bar)
  const primary = await find(container, 'dialog[open] [data-rva-part=primary]')
  expect(app.voiceAgent.selectors.selectVoiceAgent(app.store.getState()).connection.status).toBe('idle')
  await userEvent.click(primary)
  await find(container, '[data-does=disconnect]')
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(document.activeElement).toBe(bar))
  // Holds the key: the first press and two repeats.
  await userEvent.keyboard('{Enter>3/}')
  await find(container, 'dialog[open]')
  expect(bar.getAttribute('aria-expanded')).toBe('true')
})

test('replacing the agent while its sheet is open leaves a working page with the focus on the bar', async () => {
  const [one, other] = [mountAgent(), mountAgent()]
  const show = ({ inApp }: typeof one) =>
    inApp(
      <>
        <button type="button">Behind</button>
        <Compact />
      </>,
    )
  const { container, render: renderAgain } = render(show(one))
  ;(await find(container, '[data-rva-part=sheet-bar]')).click()
  ;(await find(container, 'dialog[open] textarea')).focus()
  await one.voiceAgent.agent.connect()
  ;(await find(container, '[aria-label="New conversation"]')).focus()
  renderAgain(show(other))
  await vi.waitFor(() => expect(container.querySelector('dialog')).toBeNull())
  await vi.waitFor(() => expect(document.activeElement?.getAttribute('data-rva-part')).toBe('sheet-bar'))
  container.querySelector('button')?.focus()
  expect(document.activeElement?.textContent).toBe('Behind')
})

test('leaving a check halfway aborts it, and code that loads after a call has started shows nothing', async () => {
  const app = mountAgent()
  const signals: AbortSignal[] = []
  app.voiceAgent.agent.checkCall = (_, { signal } = {}) => {
    if (signal) signals.push(signal)
    return new Promise(() => {})
  }
  const show = (hasCheck: boolean) =>
    app.inApp(
      <StrictMode>
        <VoiceAssistantRoot title="Ask the shop">
          {hasCheck && <VoiceAssistantCallCheck />}
          <VoiceAssistantControls />
        </VoiceAssistantRoot>
      </StrictMode>,
    )
  const { container, render: renderAgain } = render(show(true))
  const check = await find(container, '[data-rva-part=call-check] button')
  const isRunning = () => signals.some(({ aborted }) => !aborted)
  check.click()
  await vi.waitFor(() => expect(isRunning()).toBe(true))
  renderAgain(show(false))
  await vi.waitFor(() => expect(isRunning()).toBe(false))
  renderAgain(show(true))
  ;(await find(container, '[data-rva-part=call-check] button')).click()
  await vi.waitFor(() => expect(isRunning()).toBe(true))
  // Starts a call.
  await app.voiceAgent.agent.connect()
  await vi.waitFor(() => expect(isRunning()).toBe(false))
  expect(container.querySelector('[data-rva-part=check-steps], [role=alert]')).toBeNull()
})
