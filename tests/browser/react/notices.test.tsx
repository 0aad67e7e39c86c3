import { preloadVoiceAssistant, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { find, mountAgent, painted, pastMessages, render } from './support.js'

beforeAll(() => preloadVoiceAssistant())

async function openCall(assistants = 1) {
  const app = mountAgent(pastMessages(2))
  const { container } = render(
    app.inApp(['first', 'second'].slice(0, assistants).map((key) => <WebRTCVoiceAssistant key={key} />)),
  )
  await find(container, 'article')
  await app.voiceAgent.agent.connect()
  await find(container, '[data-does=disconnect]')
  const said = (urgency: string) =>
    [...container.querySelectorAll(`[data-rva-part=announcer][data-urgency=${urgency}] > div`)].map(
      (one) => one.textContent,
    )
  return { ...app, container, said }
}

test('a dismissed error is shown again when it occurs again', async () => {
  const { container, transport } = await openCall()
  const fail = () =>
    transport.emit({
      type: 'agentErrorReported',
      error: { code: 'agent-error', message: 'The agent had trouble.', recoverable: true },
      fatal: false,
    })
  fail()
  ;(await find(container, '[data-rva-part=notice] [aria-label=Dismiss]')).click()
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=notice]')).toBeNull())
  fail()
  await find(container, '[data-notice=error-agent-error]')
})

test('New conversation asks during a call, and Escape keeps the call', async () => {
  const { container, store } = await openCall()
  const status = () => store.getState().voiceAgent.connection.status
  const fresh = await find(container, '[aria-label="New conversation"]')
  fresh.focus()
  fresh.click()
  const dialog = await find(container, '[role=alertdialog]')
  expect(document.activeElement?.textContent).toBe('Cancel')
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect(container.querySelector('[role=alertdialog]')).toBeNull())
  expect([status(), document.activeElement]).toEqual(['connected', fresh])
  fresh.click()
  ;(await find(container, '[data-rva-part=dialog-confirm]')).click()
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(0))
  expect(dialog.isConnected).toBe(false)
  await painted()
  expect(status()).not.toBe('connected')
})

test('an assertive announcement does not drop a polite one, and two assistants of one agent announce once', async () => {
  const { transport, said } = await openCall(2)
  transport.emit({ type: 'microphoneChanged', microphone: 'denied' })
  await vi.waitFor(() => expect(said('assertive')).toHaveLength(1))
  expect(said('polite')).toEqual(['Connected.'])
})
