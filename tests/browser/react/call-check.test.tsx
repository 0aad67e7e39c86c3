import { StrictMode } from 'react'
import { VoiceAgentError } from 'redux-voice-agent'
import { VoiceAssistantCallCheck, VoiceAssistantRoot } from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { find, mountAgent, render } from './support.js'

/** Renders the check, whose steps end as `answer` says. */
async function openCheck(answer: () => Promise<never>) {
  const { inApp, voiceAgent } = mountAgent()
  const check = vi.spyOn(voiceAgent.agent, 'checkCall').mockImplementation(async (onChange) => {
    onChange?.([{ name: 'microphone', status: 'running', finding: null, error: null }])
    return answer()
  })
  onTestFinished(() => check.mockRestore())
  const { container } = render(
    <StrictMode>
      {inApp(
        <VoiceAssistantRoot>
          <VoiceAssistantCallCheck />
        </VoiceAssistantRoot>,
      )}
    </StrictMode>,
  )
  const toggle = await find<HTMLButtonElement>(container, '[data-rva-part=call-check] button')
  toggle.click()
  return { container, toggle }
}

test('a check that is stopped, as on sign-out, closes', async () => {
  let stop = () => {}
  const { container, toggle } = await openCheck(
    () =>
      new Promise((_, reject) => {
        stop = () => reject(new VoiceAgentError('superseded'))
      }),
  )
  await find(container, '[data-rva-part=check-step]')
  expect(toggle.getAttribute('aria-expanded')).toBe('true')
  stop()
  await expect.poll(() => toggle.getAttribute('aria-expanded')).toBe('false')
  expect(container.querySelector('[data-rva-part=check-step]')).toBeNull()
})

test('a check whose code cannot be loaded says so', async () => {
  const { container, toggle } = await openCheck(async () => {
    throw new VoiceAgentError('chunk-load-failed')
  })
  await expect.poll(() => container.querySelector('[role=alert]')?.textContent).toMatch(/couldn't be loaded/)
  expect(toggle.getAttribute('aria-expanded')).toBe('false')
})
