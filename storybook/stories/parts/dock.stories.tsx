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
          'The bottom of the assistant. It lays out its children side by side if there is room, with a wide first one, and otherwise below each other. It accepts any children.',
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
