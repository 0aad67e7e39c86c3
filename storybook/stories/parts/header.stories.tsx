import { VoiceAssistantHeader } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Header',
  component: VoiceAssistantHeader,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'Title, status, duration, and buttons for statistics, the list of conversations and *New conversation*. Slot: `headerEnd`.',
      },
    },
  },
}

export const Header = part(
  VoiceAssistantHeader,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeVisible()
  },
)
