import { VoiceAssistantTranscript } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Transcript',
  component: VoiceAssistantTranscript,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          "The messages, in chunks. The first paint shows only the last ones. The transcript stays at its end while the user is there, and otherwise keeps the user's place. Slots: `message`, `empty`. The list of stored conversations opens over it.",
      },
    },
  },
}

export const Transcript = part(
  VoiceAssistantTranscript,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeVisible()
  },
  '24rem',
)
