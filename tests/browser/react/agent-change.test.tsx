import { preloadVoiceAssistant, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { findFocused, type Place, places, renderIn } from './places.js'
import { button, find, mountAgent, painted, pastMessages } from './support.js'

beforeAll(() => preloadVoiceAssistant())

type App = ReturnType<typeof mountAgent>

/** Renders an assistant whose agent can be replaced. */
async function open(place: Place = 'light DOM') {
  const [first, second] = [mountAgent(pastMessages(30)), mountAgent(pastMessages(2))]
  const show = (app: App) => app.inApp(<WebRTCVoiceAssistant title="Ask the shop" />)
  const { container, render } = renderIn(place, show(first))
  const root = await find(container, '[data-rva-part=root]')
  await find(container, 'article')
  return { first, second, container, root, change: (app: App) => render(show(app)) }
}

test.each(places)(
  'in the %s, the draft stays with its agent, and the focus stays in the field',
  async (place) => {
    const { first, second, container, change } = await open(place)
    const field = () => container.querySelector('textarea') as HTMLTextAreaElement
    const value = () => field().value
    field().focus()
    await userEvent.keyboard('A word for the first')
    change(second)
    await vi.waitFor(() => expect(value()).toBe(''))
    await vi.waitFor(() => expect(findFocused()).toBe(field()))
    await userEvent.keyboard('And one for the second')
    change(first)
    await vi.waitFor(() => expect(value()).toBe('A word for the first'))
    expect(second.voiceAgent.agent.draft).toBe('And one for the second')
  },
)

test.each(places)('in the %s, an open panel, a question and a dismissal do not carry over', async (place) => {
  const { first, second, container, root, change } = await open(place)
  const panels =
    '[data-rva-part=statistics], [data-rva-part=conversations], [data-rva-part=device-panel], dialog'
  for (const label of ['Statistics', 'Conversations', 'Microphone and speaker', 'New conversation']) {
    await first.voiceAgent.agent.connect()
    ;(await find(container, `button[aria-label='${label}']`)).click()
    await find(container, panels)
    change(second)
    await vi.waitFor(() => expect(container.querySelectorAll('article'), label).toHaveLength(2))
    expect(container.querySelector(panels), label).toBeNull()
    change(first)
    await vi.waitFor(() => expect(container.querySelectorAll('article').length, label).toBe(30))
    expect(container.querySelector(panels), label).toBeNull()
  }
  const fail = (app: App) => app.transport.emit({ type: 'microphoneChanged', microphone: 'denied' })
  // The provider has ended the call of the agent that it no longer provides.
  await first.voiceAgent.agent.connect()
  fail(first)
  ;(await find(container, '[aria-label=Dismiss]')).click()
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=notice]')).toBeNull())
  change(second)
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(2))
  await second.voiceAgent.agent.connect()
  fail(second)
  await find(container, '[data-notice=microphone-denied]')
  expect(root.isConnected).toBe(true)
})

test('a panel whose code is still loading opens only for its own agent', async () => {
  const { second, container, change } = await open()
  ;(await find(container, 'button[aria-label=Statistics]')).click()
  change(second)
  await painted()
  expect(container.querySelector('[data-rva-part=statistics]')).toBeNull()
})

test('push-to-talk ends at the agent where it started', async () => {
  const { first, second, container, change } = await open()
  for (const { voiceAgent, transport } of [first, second]) {
    voiceAgent.agent.setTalkMode('push-to-talk')
    await voiceAgent.agent.connect()
    transport.emit({ type: 'microphoneChanged', microphone: 'muted' })
  }
  const stopped: string[] = []
  vi.spyOn(first.voiceAgent.agent, 'stopTalking').mockImplementation(() => void stopped.push('first'))
  vi.spyOn(second.voiceAgent.agent, 'stopTalking').mockImplementation(() => void stopped.push('second'))
  const talk = await vi.waitFor(async () => {
    const found = await button(container, 'talk')
    expect(found.getAttribute('aria-disabled')).toBeNull()
    return found
  })
  talk.focus()
  await userEvent.keyboard('{ >}')
  change(second)
  await vi.waitFor(() => expect(stopped).toEqual(['first']))
  await userEvent.keyboard('{/ }')
  expect(stopped).toEqual(['first'])
})

test('each agent keeps its own scroll position in the transcript', async () => {
  const { first, second, container, root, change } = await open()
  root.style.blockSize = '420px'
  const viewport = () => container.querySelector('[data-rva-part=viewport]') as HTMLElement
  await painted()
  viewport().scrollTop = 0
  await vi.waitFor(() => expect(viewport().dataset.atEnd).toBe('false'))
  change(second)
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(2))
  expect(viewport().dataset.atEnd).toBe('true')
  expect(container.querySelector('[data-rva-part=jump]')).toBeNull()
  change(first)
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(30))
  expect(viewport().dataset.atEnd).toBe('true')
})
