import {
  type PartProps,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantDock,
} from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Dock',
  component: VoiceAssistantDock,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'The foot of the assistant: lays its children side by side where there is room, the first as wide as it can be, else one below the other. It asks nothing of what is in it.',
      },
    },
  },
}

const WithComposerAndControls = (props: PartProps) => (
  <VoiceAssistantDock {...props}>
    <VoiceAssistantComposer />
    <VoiceAssistantControls />
  </VoiceAssistantDock>
)

export const Dock = part(
  WithComposerAndControls,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvas, canvasElement }) => {
    const dock = canvasElement.querySelector('.own-part')
    await expect(dock).toContainElement(canvas.getByRole('textbox', { name: 'Message' }))
    await expect(dock).toContainElement(canvas.getByRole('button', { name: 'End conversation' }))
  },
)
