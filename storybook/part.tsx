import type { ComponentType } from 'react'
import { Provider } from 'react-redux'
import { type PartProps, VoiceAgentProvider, VoiceAssistantRoot } from 'redux-voice-agent/react'
import { LocaleContext } from './locales/index.js'
import type { Story } from './meta.js'
import { getScenario } from './scenario.js'

/** A story of a single part in the frame, with a class name from the app. */
export function part(
  Part: ComponentType<PartProps>,
  scenery: Pick<Story, 'loaders'>,
  play: NonNullable<Story['play']>,
  blockSize = 'auto',
): Story {
  return {
    ...scenery,
    render: (_, context) => (
      <Provider store={getScenario(context).store}>
        <VoiceAgentProvider agent={getScenario(context).voiceAgent}>
          <style>{`.one-part { --rva-min-block: 0; block-size: ${blockSize}; max-block-size: 30rem }`}</style>
          <LocaleContext.Consumer>
            {(texts) => (
              <VoiceAssistantRoot title="Shop assistant" className="one-part" texts={texts}>
                <Part className="own-part" />
              </VoiceAssistantRoot>
            )}
          </LocaleContext.Consumer>
        </VoiceAgentProvider>
      </Provider>
    ),
    play,
  }
}
