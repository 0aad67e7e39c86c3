import { Provider } from 'react-redux'
import {
  VoiceAgentProvider,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantDock,
  VoiceAssistantHeader,
  VoiceAssistantPictureInPicture,
  VoiceAssistantRoot,
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

export default { ...assistant, title: 'Parts/Picture in picture' }

/** Replaces the browser's small window with a frame in the page, because a story opens no window. */
function fakeWindow(frame: HTMLIFrameElement | null, isRefused: boolean) {
  if (!frame || !window.top) return
  const requestWindow = async () => {
    const view = frame.contentWindow
    if (isRefused || !view) throw new DOMException('No window.', 'NotAllowedError')
    return view
  }
  Object.defineProperty(window.top, 'documentPictureInPicture', {
    configurable: true,
    value: Object.assign(new EventTarget(), { requestWindow, window: null }),
  })
}

const story = (isRefused: boolean): Story => ({
  ...talk,
  render: (_, context) => (
    <Provider store={getScenario(context).store}>
      <VoiceAgentProvider agent={getScenario(context).voiceAgent}>
        <div style={{ display: 'grid', gap: '1rem' }}>
          <iframe
            ref={(frame) => fakeWindow(frame, isRefused)}
            title="Small window"
            style={{ inlineSize: '100%', blockSize: '24rem', border: '1px solid', boxSizing: 'border-box' }}
            hidden={isRefused}
          />
          <LocaleContext.Consumer>
            {(texts) => (
              <VoiceAssistantRoot title="Shop assistant" texts={texts}>
                <VoiceAssistantPictureInPicture className="own-part">
                  <VoiceAssistantHeader />
                  <VoiceAssistantTranscript />
                  <VoiceAssistantDock>
                    <VoiceAssistantComposer />
                    <VoiceAssistantControls />
                  </VoiceAssistantDock>
                </VoiceAssistantPictureInPicture>
              </VoiceAssistantRoot>
            )}
          </LocaleContext.Consumer>
        </div>
      </VoiceAgentProvider>
    </Provider>
  ),
})

const name = 'Open in a small window'

/** The button that opens the window is above the parts. */
export const InThePage: Story = {
  ...story(true),
  async play({ canvas, canvasElement }) {
    await expect(await canvas.findByRole('button', { name })).toBeVisible()
    await expect(canvasElement.querySelector('.own-part')).not.toBeNull()
  },
}

export const InAWindow: Story = {
  ...story(false),
  async play({ canvas, userEvent }) {
    await userEvent.click(await canvas.findByRole('button', { name }))
    await expect(await canvas.findByRole('button', { name: 'Bring it back' })).toBeVisible()
  },
}

export const Refused: Story = {
  ...story(true),
  async play({ canvas, userEvent }) {
    await userEvent.click(await canvas.findByRole('button', { name }))
    await expect(await canvas.findByRole('alert')).toHaveTextContent("The small window couldn't be opened.")
  },
}
