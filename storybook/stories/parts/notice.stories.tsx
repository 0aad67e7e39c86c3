import { VoiceAssistantNotice } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Notice',
  component: VoiceAssistantNotice,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component: 'Shows the most severe problem that is not dismissed, with its next step.',
      },
    },
  },
}

export const Notice = part(
  VoiceAssistantNotice,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    scenario.emit({ type: 'microphoneChanged', microphone: 'denied' })
  }),
  async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeVisible()
  },
)
