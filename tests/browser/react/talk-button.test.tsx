import { VoiceAssistantRoot, VoiceAssistantTalkButton, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, it, vi } from 'vitest'
import { button, find, mountAgent, render } from './support.js'

/** The button in an app's own layout, which also shows it without a call. */
async function inCall() {
  const page = mountAgent([], { talk: 'push-to-talk' })
  const { voiceAgent, transport } = page
  const { container } = render(
    page.inApp(
      <VoiceAssistantRoot>
        <VoiceAssistantTalkButton />
      </VoiceAssistantRoot>,
    ),
  )
  const talk = await button(container, 'talk')
  const isPressed = () => talk.getAttribute('aria-pressed') === 'true'
  const isInert = () => talk.getAttribute('aria-disabled') === 'true'
  async function call() {
    await voiceAgent.agent.connect()
    transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
    await vi.waitFor(() => expect(isInert()).toBe(false))
  }
  await call()
  const interruptions = () => transport.sent.filter(({ type }) => type === 'interrupt').length
  return { ...page, talk, isPressed, isInert, call, interruptions }
}

it('the first tap of a call starts talking, whatever the last tap of the previous call left on', async () => {
  const page = await inCall()
  page.talk.click()
  await vi.waitFor(() => expect(page.isPressed()).toBe(true))
  await page.voiceAgent.agent.disconnect()
  await vi.waitFor(() => expect([page.isPressed(), page.isInert()]).toEqual([false, true]))
  await page.call()
  expect(page.isPressed()).toBe(false)
  page.talk.click()
  await vi.waitFor(() => expect(page.isPressed()).toBe(true))
  expect(page.interruptions()).toBe(2)
  page.talk.click()
  await vi.waitFor(() => expect(page.isPressed()).toBe(false))
  expect(page.interruptions()).toBe(2)
})

it('ends talking that the app has started', async () => {
  const page = await inCall()
  page.voiceAgent.agent.startTalking()
  await vi.waitFor(() => expect(page.isPressed()).toBe(true))
  page.talk.click()
  await vi.waitFor(() => expect(page.isPressed()).toBe(false))
  expect(page.interruptions()).toBe(1)
})

it('the first tap starts talking after the talk mode was selected again', async () => {
  const page = await inCall()
  page.talk.click()
  await vi.waitFor(() => expect(page.isPressed()).toBe(true))
  page.voiceAgent.agent.setTalkMode('hands-free')
  page.voiceAgent.agent.setTalkMode('push-to-talk')
  await vi.waitFor(() => expect(page.isPressed()).toBe(false))
  page.talk.click()
  await vi.waitFor(() => expect(page.isPressed()).toBe(true))
})

it.each(['push-to-talk', 'hands-free'] as const)(
  'keeps the label of End on one line on a narrow screen (%s)',
  async (talk) => {
    const page = mountAgent([], { talk })
    const { container } = render(page.inApp(<WebRTCVoiceAssistant />))
    // The width of a 360 px page with a margin.
    container.style.inlineSize = '328px'
    await page.voiceAgent.agent.connect()
    const label = await find(container, '[data-does=disconnect] span')
    await vi.waitFor(() => expect(getComputedStyle(label).fontSize).toBe('15px'))
    const oneLine = label.offsetHeight
    container.style.inlineSize = '1000px'
    expect(label.offsetHeight).toBe(oneLine)
  },
)

it('pressing it moves nothing on a narrow screen', async () => {
  const page = mountAgent([], { talk: 'push-to-talk' })
  const { container } = render(page.inApp(<WebRTCVoiceAssistant />))
  container.style.inlineSize = '328px'
  await page.voiceAgent.agent.connect()
  page.transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
  const status = await find(container, '[data-kind=push-to-talk]')
  const header = await find(container, '[data-rva-part=header]')
  const before = header.offsetHeight
  page.voiceAgent.agent.startTalking()
  await vi.waitFor(() => expect(status.dataset.kind).toBe('listening'))
  expect(header.offsetHeight).toBe(before)
})

it('the device menu stays below the top of the assistant when the button makes the dock taller', async () => {
  const page = mountAgent()
  const { container } = render(page.inApp(<WebRTCVoiceAssistant />))
  container.style.cssText = 'inline-size: 360px; block-size: 380px'
  await page.voiceAgent.agent.connect()
  const dock = await find(container, '[data-rva-part=dock]')
  const height = dock.clientHeight
  ;(await button(container, 'devices')).click()
  const panel = await find(container, '[data-rva-part=device-panel]')
  page.voiceAgent.agent.setTalkMode('push-to-talk')
  await vi.waitFor(() => expect(dock.clientHeight).toBeGreaterThan(height))
  const { top } = (await find(container, '[data-rva-part=root]')).getBoundingClientRect()
  await vi.waitFor(() => expect(panel.getBoundingClientRect().top).toBeGreaterThanOrEqual(top))
})
