import { VoiceAssistantStatus } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Status',
  component: VoiceAssistantStatus,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'Connection, conversation and microphone in one word, with an icon. It has `role="status"` but is not live, because the announcer announces the changes that matter. `data-state` is the connection, and `data-kind` is the word.',
      },
    },
  },
}

export const Status = part(
  VoiceAssistantStatus,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeVisible()
  },
)
