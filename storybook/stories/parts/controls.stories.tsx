import { VoiceAssistantControls } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Controls',
  component: VoiceAssistantControls,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component: 'Mute, interrupt, and the one button that starts, cancels, ends and tries again.',
      },
    },
  },
}

export const Controls = part(
  VoiceAssistantControls,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeVisible()
  },
)
