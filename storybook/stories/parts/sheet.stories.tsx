import { Provider } from 'react-redux'
import {
  VoiceAgentProvider,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantDock,
  VoiceAssistantHeader,
  VoiceAssistantRoot,
  VoiceAssistantSheet,
  VoiceAssistantTranscript,
} from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { LocaleContext } from '../../locales/index.js'
import { assistant, type Story } from '../../meta.js'
import { getScenario, scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

const talk = scene(async (scenario) => {
  await scenario.call()
  smallTalk(scenario)
})

export default { ...assistant, title: 'Parts/Sheet' }

/** Only the bar shows until the user opens the sheet. */
export const Bar: Story = {
  ...talk,
  render: (_, context) => (
    <Provider store={getScenario(context).store}>
      <VoiceAgentProvider agent={getScenario(context).voiceAgent}>
        <LocaleContext.Consumer>
          {(texts) => (
            <VoiceAssistantRoot title="Shop assistant" texts={texts}>
              <VoiceAssistantSheet className="own-part">
                <VoiceAssistantHeader />
                <VoiceAssistantTranscript />
                <VoiceAssistantDock>
                  <VoiceAssistantComposer />
                  <VoiceAssistantControls />
                </VoiceAssistantDock>
              </VoiceAssistantSheet>
            </VoiceAssistantRoot>
          )}
        </LocaleContext.Consumer>
      </VoiceAgentProvider>
    </Provider>
  ),
  async play({ canvas, canvasElement }) {
    await expect(canvas.getByRole('button', { name: 'Shop assistant Listening' })).toBeVisible()
    await expect(canvasElement.querySelector('.own-part')).not.toBeNull()
  },
}

export const Open: Story = {
  ...Bar,
  async play({ canvas, userEvent }) {
    await userEvent.click(canvas.getByRole('button', { name: 'Shop assistant Listening' }))
    await expect(canvas.getByRole('button', { name: 'Close the assistant' })).toHaveFocus()
    await expect(canvas.getByRole('button', { name: 'End conversation' })).toBeVisible()
  },
}
