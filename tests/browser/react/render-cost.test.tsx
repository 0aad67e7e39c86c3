import { Profiler } from 'react'
import type { Message } from 'redux-voice-agent'
import {
  useMessages,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantHeader,
  VoiceAssistantNotice,
  VoiceAssistantRoot,
  VoiceAssistantTranscript,
} from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { find, mountAgent, pastMessages, render } from './support.js'

test('a streamed delta renders only the message that it belongs to', async () => {
  // Stops the call timer, which renders every second.
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const { inApp, voiceAgent, transport } = mountAgent(pastMessages(150))
  const rendered: string[] = []
  const record = (id: string) => rendered.push(id)
  function Text({ message }: { message: Message }) {
    return (
      <Profiler id={message.id} onRender={record}>
        {message.text}
      </Profiler>
    )
  }
  const parts = {
    header: <VoiceAssistantHeader />,
    notice: <VoiceAssistantNotice />,
    composer: <VoiceAssistantComposer />,
    controls: <VoiceAssistantControls />,
  }
  const slots = { message: Text }
  const { container } = render(
    inApp(
      <VoiceAssistantRoot slots={slots}>
        {Object.entries(parts).map(([id, part]) => (
          <Profiler key={id} id={id} onRender={record}>
            {part}
          </Profiler>
        ))}
        <VoiceAssistantTranscript />
      </VoiceAssistantRoot>,
    ),
  )
  await find(container, '[data-rva-part=message]')
  await vi.waitFor(() => expect(container.querySelector('[data-rva-part=chunk]:empty')).toBeNull())
  await voiceAgent.agent.connect()
  transport.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  transport.emit({ type: 'assistantSpeechStarted' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: 'word 0' })
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(151))
  await vi.waitFor(() => expect(container.textContent).toContain('word 0'))

  const id = voiceAgent.sessionManager.getCurrentSession()?.messages.at(-1)?.id
  rendered.length = 0
  for (let delta = 1; delta <= 20; delta++) {
    transport.emit({ type: 'assistantTextAppended', turnId: 'turn', delta: ` word ${delta}` })
    // Waits until each is shown, because simultaneous deltas reach the store together.
    await vi.waitFor(() => expect(container.textContent).toContain(`word ${delta}`), { interval: 5 })
  }
  expect(rendered).toEqual(Array(20).fill(id))
})

test('useMessages renders only for messages and keeps the identity of unchanged ones', async () => {
  const { inApp, voiceAgent, transport } = mountAgent(pastMessages(3))
  const seen: (readonly Message[])[] = []
  function List() {
    const messages = useMessages()
    seen.push(messages)
    return <output>{messages.map(({ text }) => text).join('|')}</output>
  }
  const { container } = render(inApp(<List />))
  await find(container, 'output')
  await voiceAgent.agent.connect()
  transport.emit({ type: 'microphoneChanged', microphone: 'live' })
  expect(new Set(seen).size).toBe(1)
  transport.emit({ type: 'userTranscriptReceived', text: 'Hello', final: true })
  await vi.waitFor(() => expect(container.textContent).toMatch(/Hello$/))
  const [before = [], after = []] = [seen[0], seen.at(-1)]
  expect(after.slice(0, 3).every((message, index) => message === before[index])).toBe(true)
})
