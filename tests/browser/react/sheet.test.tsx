import {
  preloadVoiceAssistant,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantHeader,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  VoiceAssistantTranscript,
  WebRTCVoiceAssistant,
} from 'redux-voice-agent/react'
import { beforeAll, expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { find, listen, mountAgent, render } from './support.js'

beforeAll(() => preloadVoiceAssistant())

const Compact = () => (
  <VoiceAssistantRoot title="Ask the shop">
    <VoiceAssistantSheet>
      <VoiceAssistantHeader />
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
  // The keyboard reaches nothing behind it.
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
  // The call is still on.
  expect(app.transport.open).toBe(1)
  await vi.waitFor(() => expect(bar.textContent).toMatch(/^Ask the shop (Listening|Typing only)$/))
})

test('a sheet and a panel of one agent announce once, in the sheet while it is open', async () => {
  const app = mountAgent()
  const { container } = render(
    app.inApp(
      <>
        <Compact />
        <WebRTCVoiceAssistant title="Second" />
      </>,
    ),
  )
  const ears = listen(container)
  ;(await find(container, '[data-rva-part=sheet-bar]')).click()
  await find(container, 'dialog[open] [data-rva-part=primary]')
  await app.voiceAgent.agent.connect()
  await ears.expect('Connected.')
  expect(container.querySelector('dialog')?.textContent).toContain('Connected.')
  expect(app.transport.open).toBe(1)
})

test('a sheet that the browser closes without asking, as for a second Escape, can be opened again', async () => {
  const { container } = render(mountAgent().inApp(<Compact />))
  const bar = await find(container, '[data-rva-part=sheet-bar]')
  for (const _ of ['first', 'second']) {
    bar.click()
    ;(await find<HTMLDialogElement>(container, 'dialog[open]')).close()
    await vi.waitFor(() => expect(bar.getAttribute('aria-expanded')).toBe('false'))
    expect(document.activeElement).toBe(bar)
  }
})
