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
          'The messages, in chunks of which only the last ones are there at the first paint; it stays at its end while the reader does, else with the reader. Slots: `message`, `empty`. The list of stored conversations opens over it.',
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
