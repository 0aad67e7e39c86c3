import { VoiceAssistantComposer } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Composer',
  component: VoiceAssistantComposer,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'A field for typed messages. A draft that was typed without a call stays until there is one.',
      },
    },
  },
}

export const Composer = part(
  VoiceAssistantComposer,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeVisible()
  },
)
