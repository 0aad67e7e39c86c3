import type { Meta, StoryObj } from '@storybook/react-vite'
import type { WebRTCVoiceAssistantProps } from 'redux-voice-agent/react'
import { ScenarioView, scenarioOf } from './scenario.js'

export type Story = StoryObj<WebRTCVoiceAssistantProps>

/** What all stories share: the assistant, in the store of the story's own scenario. */
export const assistant = {
  render: (args, context) => <ScenarioView scenario={scenarioOf(context)} {...args} />,
} satisfies Meta<WebRTCVoiceAssistantProps>
