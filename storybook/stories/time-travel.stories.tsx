import { useMemo, useState } from 'react'
import { Provider } from 'react-redux'
import { VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, fireEvent, spyOn, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { createReplay, type Recording } from '../recording.js'
import { scenarioOf, scene } from '../scenario.js'
import { agentBegins, agentEnds, userSays } from '../script.js'

export default { ...assistant, title: 'Assistant/Time travel' }

let microphoneAsked: unknown
const nextFrame = () => new Promise(requestAnimationFrame)

function Replay({ recording }: { recording: Recording }) {
  const replay = useMemo(() => createReplay(recording), [recording])
  const [moment, setMoment] = useState(0)
  const jump = (to: number) => {
    replay.jump(to)
    setMoment(to)
  }
  return (
    <div style={{ display: 'grid', gridTemplateRows: 'auto minmax(0, 1fr)', gap: '1rem', height: '100%' }}>
      <label style={{ display: 'grid', gap: '0.25rem', font: '0.875rem/1.4 system-ui', color: 'CanvasText' }}>
        <span>
          Moment {moment} of {replay.length}: <output>{replay.nameOf(moment)}</output>
        </span>
        <input
          type="range"
          aria-label="Moment"
          min={0}
          max={replay.length}
          value={moment}
          onChange={(event) => jump(event.target.valueAsNumber)}
        />
      </label>
      <Provider store={replay.store}>
        <VoiceAgentProvider agent={replay.voiceAgent}>
          <WebRTCVoiceAssistant title="Shop assistant" />
        </VoiceAgentProvider>
      </Provider>
      <output hidden data-requests={replay.transport.requests.length} />
    </div>
  )
}

/**
 * A call as it was recorded: every action that its store was told, through the package's reducer and nothing else. Move the slider:
 * nothing is called, no microphone opened, nothing stored.
 */
export const RecordedCall: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
    agentBegins(scenario, 'turn', 'Two of ours are.')
    for (const delta of [' The Fell boils a litre', ' in three minutes;', ' the Tarn is the quieter one.']) {
      // What comes within a frame is one action.
      await nextFrame()
      scenario.emit({ type: 'assistant-text', turnId: 'turn', delta })
    }
    agentEnds(scenario, 'turn')
    scenario.emit({ type: 'user-speech-started' })
    scenario.emit({ type: 'user-transcript', text: 'That one,', final: false })
    scenario.emit({ type: 'user-transcript', text: 'That one, please.', final: true })
    scenario.emit({ type: 'connection-state', state: 'failed' })
    await waitFor(() => expect(scenario.asked).toContain('reconnectScheduled'))
    await scenario.voiceAgent.agent.disconnect()
    microphoneAsked = spyOn(navigator.mediaDevices, 'getUserMedia')
  }),
  render: (_, context) => <Replay recording={scenarioOf(context).recording} />,
  async play(context) {
    const { canvas, canvasElement } = context
    const { recording, transport } = scenarioOf(context)
    const calls = transport.requests.length
    const slider = canvas.getByRole('slider', { name: 'Moment' })
    const status = canvas.getByRole('status', { name: 'Connection' })
    const seen = new Set<string>()
    for (let moment = 0; moment <= recording.length; moment++) {
      await fireEvent.change(slider, { target: { value: String(moment) } })
      await waitFor(() => expect(canvas.getByText(new RegExp(`^Moment ${moment} of`))).toBeVisible())
      seen.add(status.dataset.state ?? '')
    }
    await expect([...seen]).toEqual(['idle', 'connecting', 'connected', 'reconnecting', 'disconnected'])
    await expect(canvas.getAllByRole('article')).toHaveLength(3)
    // And back into the middle of the answer.
    const middle = recording.findLastIndex(({ type }) => type.endsWith('assistantTextAppended'))
    await fireEvent.change(slider, { target: { value: String(middle) } })
    await waitFor(() =>
      expect(canvas.getAllByRole('article')[1]).toHaveTextContent(
        /^Two of ours are\. The Fell .* three minutes;$/,
      ),
    )
    await expect(status).toHaveAttribute('data-state', 'connected')
    await expect(transport.requests).toHaveLength(calls)
    await expect(canvasElement.querySelector('[data-requests]')).toHaveAttribute('data-requests', '0')
    await expect(microphoneAsked).not.toHaveBeenCalled()
  },
}
