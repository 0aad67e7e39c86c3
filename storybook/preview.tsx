import type { Preview } from '@storybook/react-vite'
import { preloadVoiceAssistant } from 'redux-voice-agent/react'
import { configure } from 'storybook/test'
import { themes } from 'storybook/theming'
import { LocaleContext, textsOf } from './locales/index.js'
import { endScenario } from './scenario.js'
import { Stage } from './stage.js'

// Generous, for busy machines: no story measures time.
configure({ asyncUtilTimeout: 15_000 })

const preview: Preview = {
  parameters: {
    layout: 'fullscreen',
    a11y: { test: 'error' },
    controls: { disable: true },
    options: { storySort: { order: ['Introduction', 'Assistant', 'Parts'] } },
    // Each story has its own page, because it stops the page's clock.
    docs: {
      story: { inline: false, iframeHeight: 700 },
      theme: matchMedia('(prefers-color-scheme: dark)').matches ? themes.dark : themes.light,
    },
  },
  initialGlobals: { theme: 'light', locale: 'en' },
  globalTypes: {
    theme: {
      description: 'Colour scheme of the page',
      toolbar: { icon: 'mirror', items: ['light', 'dark'], dynamicTitle: true },
    },
    locale: {
      description: 'Language of the texts',
      toolbar: { icon: 'globe', items: ['en', 'de', 'ar'], dynamicTitle: true },
    },
  },
  decorators: [
    (Story, { globals, parameters }) => (
      <Stage
        theme={globals.theme === 'dark' ? 'dark' : 'light'}
        direction={globals.locale === 'ar' ? 'rtl' : undefined}
        width={parameters.width}
        height={parameters.height}
      >
        <LocaleContext.Provider value={textsOf(globals.locale)}>
          <Story />
        </LocaleContext.Provider>
      </Stage>
    ),
  ],
  // Loads the panels before the first story, because a story's clock stands still.
  beforeAll: preloadVoiceAssistant,
  beforeEach: () => () => endScenario(),
}

export default preview
