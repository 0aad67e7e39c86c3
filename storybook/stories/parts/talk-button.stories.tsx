import { VoiceAssistantTalkButton } from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'

export default {
  title: 'Parts/Talk button',
  component: VoiceAssistantTalkButton,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'The push-to-talk button: held with a pointer, Space or Enter, or tapped to talk until the next tap. The controls have one in that mode.',
      },
    },
  },
}

export const TalkButton = part(
  VoiceAssistantTalkButton,
  scene(async (scenario) => {
    scenario.voiceAgent.agent.setTalkMode('push-to-talk')
    await scenario.voiceAgent.agent.connect()
    scenario.emit({ type: 'microphoneChanged', microphone: 'muted' })
  }),
  async ({ canvasElement }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeVisible()
  },
)
