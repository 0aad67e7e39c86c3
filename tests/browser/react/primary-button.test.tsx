import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, test } from 'vitest'
import { cdp } from 'vitest/browser'
import { pressAfterChange, pressOnAppearance } from './places.js'
import { button, find, mountAgent, render } from './support.js'

async function open() {
  const app = mountAgent()
  const { container } = render(app.inApp(<WebRTCVoiceAssistant />))
  const primary = await button(container, 'primary')
  const status = () => app.store.getState().voiceAgent.connection.status
  return { ...app, container, primary, status }
}

test('a double click on Start starts the call, and on End ends it', async () => {
  const { primary, status, container } = await open()
  const pressed = pressOnAppearance(container, '[data-does=disconnect]', primary)
  primary.click()
  await pressed
  await find(container, '[data-connection=connected]')
  expect(status()).toBe('connected')
  await pressAfterChange(primary, () => expect(status()).toBe('disconnected'))
  primary.click()
  expect(status()).toBe('disconnected')
})

test('holding Enter starts only one call', async () => {
  const { primary, status, container } = await open()
  primary.focus()
  const session = cdp() as unknown as { send(method: string, parameters: object): Promise<unknown> }
  const press = (type: string, autoRepeat = false) =>
    session.send('Input.dispatchKeyEvent', {
      type,
      autoRepeat,
      key: 'Enter',
      code: 'Enter',
      text: '\r',
      windowsVirtualKeyCode: 13,
    })
  await press('keyDown')
  await find(container, '[data-connection=connected]')
  const until = performance.now() + 900
  while (performance.now() < until) await press('keyDown', true)
  await press('keyUp')
  expect(status()).toBe('connected')
})

test('a press is ignored right after the call ended without user action', async () => {
  const { primary, status, transport, container } = await open()
  primary.click()
  await find(container, '[data-connection=connected]')
  const pressed = pressOnAppearance(container, '[data-does=connect]', primary)
  transport.emit({ type: 'agentLeft' })
  await pressed
  expect(status()).toBe('disconnected')
})
