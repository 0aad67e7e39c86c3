import {
  type PartProps,
  VoiceAssistantConversationsButton,
  VoiceAssistantTranscript,
} from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/ConversationsButton',
  component: VoiceAssistantConversationsButton,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'Opens and closes the list of conversations that are stored in this browser. The transcript shows the list, so it must be in the same assistant. The header already contains this button.',
      },
    },
  },
}

const OverTranscript = (props: PartProps) => (
  <>
    <VoiceAssistantConversationsButton {...props} />
    <VoiceAssistantTranscript />
  </>
)

export const ConversationsButton = part(
  OverTranscript,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvas, canvasElement, userEvent }) => {
    const button = canvas.getByRole('button', { name: 'Conversations' })
    await expect(canvasElement.querySelector('.own-part')).toBe(button)
    await userEvent.click(button)
    await expect(await canvas.findByRole('region', { name: 'Conversations' })).toBeVisible()
    await expect(button).toHaveAttribute('aria-expanded', 'true')
  },
)
