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
          'A field for typed messages. Its draft is part of the conversation: encrypted, and restored with it. A draft typed without a call stays until there is one.',
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

export const Draft = part(
  VoiceAssistantComposer,
  scene(({ voiceAgent }) => {
    voiceAgent.agent.setDraft('Do you have a kettle that is quiet, and')
  }),
  async ({ canvas }) => {
    const field = canvas.getByRole<HTMLTextAreaElement>('textbox', { name: 'Message' })
    await expect(field).toHaveValue('Do you have a kettle that is quiet, and')
    await expect(field.selectionStart).toBe(field.value.length)
    await expect(field).not.toHaveFocus()
  },
)
