import type { UnknownAction } from '@reduxjs/toolkit'
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { replay } from 'redux-voice-agent/testing'
import { expect, fireEvent, spyOn, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { getScenario, scene } from '../scenario.js'
import { agentBegins, agentEnds, userSays } from '../script.js'

export default { ...assistant, title: 'Assistant/Time travel' }

let microphoneAsked: unknown

/** Formats the log as a file that DevTools exports. */
const exported = (recording: readonly UnknownAction[]) =>
  JSON.stringify({ payload: JSON.stringify(recording) })

function RecordedCallView({ log }: { log: string }) {
  const recorded = useMemo(() => replay(log), [log])
  const moment = useSyncExternalStore(recorded.store.subscribe, () => recorded.position)
  const name = recorded.actions[moment - 1]?.type.replace(/^.*\//, '') ?? 'Before the call'
  useEffect(() => recorded.stop, [recorded])
  const play = () => {
    if (moment === recorded.length) recorded.goTo(0)
    void recorded.play()
  }
  return (
    <div style={{ display: 'grid', gridTemplateRows: 'auto minmax(0, 1fr)', gap: '1rem', height: '100%' }}>
      <div
        style={{
          display: 'flex',
          alignItems: 'end',
          gap: '1rem',
          font: '0.875rem/1.4 system-ui',
          color: 'CanvasText',
        }}
      >
        <button type="button" style={{ font: 'inherit', padding: '0.5rem 1rem' }} onClick={play}>
          Play
        </button>
        <label style={{ display: 'grid', flex: 1, gap: '0.25rem', minInlineSize: 0 }}>
          <span style={{ overflowWrap: 'anywhere' }}>
            Moment {moment} of {recorded.length}: <output>{name}</output>
          </span>
          <input
            type="range"
            aria-label="Moment"
            min={0}
            max={recorded.length}
            value={moment}
            onChange={(event) => {
              recorded.stop()
              recorded.goTo(event.target.valueAsNumber)
            }}
          />
        </label>
      </div>
      <WebRTCVoiceAssistant title="Shop assistant" config={{ agent: recorded.agent }} />
    </div>
  )
}

/**
 * A call that DevTools exported, shown with `replay` of `redux-voice-agent/testing`. Move the slider or play it: replaying makes no calls,
 * opens no microphone and stores nothing.
 */
export const RecordedCall: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
    agentBegins(scenario, 'turn', 'Two of ours are.')
    for (const delta of [' The Fell boils a litre', ' in three minutes;', ' the Tarn is the quieter one.']) {
      // Events within one thirtieth of a second become one action.
      const { length } = scenario.recording
      scenario.emit({ type: 'assistantTextAppended', turnId: 'turn', delta })
      await waitFor(() => expect(scenario.recording.length).toBeGreaterThan(length))
    }
    agentEnds(scenario, 'turn')
    scenario.emit({ type: 'userSpeechStarted' })
    scenario.emit({ type: 'userTranscriptReceived', text: 'That one,', final: false })
    scenario.emit({ type: 'userTranscriptReceived', text: 'That one, please.', final: true })
    scenario.emit({ type: 'connectionState', state: 'failed' })
    await waitFor(() => expect(scenario.actionTypes).toContain('reconnectScheduled'))
    await scenario.voiceAgent.agent.disconnect()
    microphoneAsked = spyOn(navigator.mediaDevices, 'getUserMedia')
  }),
  render: (_, context) => <RecordedCallView log={exported(getScenario(context).recording)} />,
  async play(context) {
    const { canvas, userEvent } = context
    const { recording, transport } = getScenario(context)
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
    // Back to the middle of the answer.
    const middle = recording.findLastIndex(({ type }) => type.endsWith('assistantTextAppended'))
    await fireEvent.change(slider, { target: { value: String(middle) } })
    await waitFor(() =>
      expect(canvas.getAllByRole('article')[1]).toHaveTextContent(
        /^Two of ours are\. The Fell .* three minutes;$/,
      ),
    )
    await expect(status).toHaveAttribute('data-state', 'connected')
    // Commands have no effect on a recording.
    await userEvent.click(canvas.getByRole('button', { name: 'End conversation' }))
    await expect(status).toHaveAttribute('data-state', 'connected')
    await fireEvent.change(slider, { target: { value: String(recording.length - 3) } })
    await userEvent.click(canvas.getByRole('button', { name: 'Play' }))
    await canvas.findByText(new RegExp(`^Moment ${recording.length} of`))
    await expect(status).toHaveAttribute('data-state', 'disconnected')
    await fireEvent.change(slider, { target: { value: String(middle) } })
    await expect(transport.requests).toHaveLength(calls)
    await expect(microphoneAsked).not.toHaveBeenCalled()
  },
}
