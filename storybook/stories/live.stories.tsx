import type { Meta, StoryObj } from '@storybook/react-vite'
import { useEffect, useRef } from 'react'
import type { MicrophoneState } from 'redux-voice-agent'
import type { WebRTCVoiceAssistantProps } from 'redux-voice-agent/react'
import { expect, waitFor } from 'storybook/test'
import type { Story as AssistantStory } from '../meta.js'
import { getScenario, type Scenario, ScenarioView, scene } from '../scenario.js'
import { agentBegins, agentEnds, userSays } from '../script.js'

interface LiveArgs extends WebRTCVoiceAssistantProps {
  call: 'off' | 'on' | 'lost'
  microphone: MicrophoneState
  playback: 'playing' | 'blocked'
  userSays: string
  agentSays: string
  interrupted: boolean
}

export default {
  title: 'Assistant/Live',
  tags: ['autodocs'],
  parameters: { controls: { disable: false } },
  argTypes: {
    call: { control: 'inline-radio', options: ['off', 'on', 'lost'], description: 'The connection' },
    microphone: {
      control: 'select',
      options: ['live', 'muted', 'prompting', 'denied', 'missing', 'busy', 'ended'],
    },
    playback: { control: 'inline-radio', options: ['playing', 'blocked'] },
    userSays: { control: 'text', description: 'A turn of the user, when it changes' },
    agentSays: { control: 'text', description: 'A turn of the agent, word by word, when it changes' },
    interrupted: { control: 'boolean', description: 'Cuts the running turn of the agent off' },
    theme: { control: 'inline-radio', options: ['auto', 'light', 'dark'] },
    title: { control: 'text' },
  },
  args: {
    call: 'on',
    microphone: 'live',
    playback: 'playing',
    userSays: 'Do you have a kettle that is quiet?',
    agentSays: 'Two of ours are. Shall I tell you about the quieter one?',
    interrupted: false,
    title: 'Shop assistant',
  },
} satisfies Meta<LiveArgs>

/** Runs with the first value and after each change of it. */
function useOnChange<T>(value: T, run: (value: T) => void) {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => latest.current(value), [value])
}

/** Converts changes of the controls to events of the transport. */
function Live({ scenario, args }: { scenario: Scenario; args: LiveArgs }) {
  const { call, microphone, playback, userSays: said, agentSays: answer, interrupted, ...props } = args
  const { emit, voiceAgent } = scenario
  const turn = useRef(0)
  const connected = useRef<Promise<unknown>>(Promise.resolve())
  const then = (run: () => void) => {
    connected.current = connected.current.then(run)
  }

  useOnChange(call, (wanted) => {
    if (wanted === 'on') connected.current = voiceAgent.agent.connect().catch(() => {})
    if (wanted === 'off') void voiceAgent.agent.disconnect()
    if (wanted === 'lost') then(() => emit({ type: 'connectionState', state: 'failed' }))
  })
  useOnChange(microphone, (state) => then(() => emit({ type: 'microphoneChanged', microphone: state })))
  useOnChange(playback, (state) => then(() => emit({ type: 'playbackChanged', playback: state })))
  useOnChange(said, (text) => {
    if (text) then(() => userSays(scenario, text))
  })
  useOnChange(answer, (text) => {
    const [first = '', ...words] = text.split(' ')
    if (text === '') return
    const turnId = `live-${++turn.current}`
    then(() => {
      agentBegins(scenario, turnId, first)
      for (const word of words) emit({ type: 'assistantTextAppended', turnId, delta: ` ${word}` })
      if (!interrupted) agentEnds(scenario, turnId)
    })
  })
  useOnChange(interrupted, (isWanted) => {
    if (isWanted) then(() => emit({ type: 'assistantTurnInterrupted', turnId: `live-${turn.current}` }))
  })
  return <ScenarioView scenario={scenario} {...props} />
}

/** Lets you control the call: each control emits the events of a transport. */
export const Live_: StoryObj<LiveArgs> = {
  ...(scene() as Pick<AssistantStory, 'loaders'>),
  name: 'Live',
  render: (args, context) => <Live scenario={getScenario(context)} args={args} />,
  async play({ canvas }) {
    await waitFor(() => expect(canvas.getAllByRole('article')).toHaveLength(2))
    await expect(canvas.getAllByRole('article')[1]).toHaveTextContent(/quieter one\?$/)
    await expect(canvas.getByRole('status', { name: 'Connection' })).toHaveAttribute(
      'data-state',
      'connected',
    )
  },
}
