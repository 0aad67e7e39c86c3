import type { Meta, StoryObj } from '@storybook/react-vite'
import type { WebRTCVoiceAssistantProps } from 'redux-voice-agent/react'
import { getScenario, ScenarioView } from './scenario.js'

export type Story = StoryObj<WebRTCVoiceAssistantProps>

/** Common settings of all stories: the assistant in the store of the story's scenario. */
export const assistant = {
  render: (args, context) => <ScenarioView scenario={getScenario(context)} {...args} />,
} satisfies Meta<WebRTCVoiceAssistantProps>
