import type { Preview } from '@storybook/react-vite'
import { endScenario } from './scenario.js'
import { Stage } from './stage.js'

const preview: Preview = {
  parameters: {
    layout: 'fullscreen',
    a11y: { test: 'error' },
    controls: { disable: true },
  },
  initialGlobals: { theme: 'light' },
  globalTypes: {
    theme: {
      description: 'Colour scheme of the page',
      toolbar: { icon: 'mirror', items: ['light', 'dark'], dynamicTitle: true },
    },
  },
  decorators: [
    (Story, { globals, parameters }) => (
      <Stage theme={globals.theme === 'dark' ? 'dark' : 'light'} width={parameters.width}>
        <Story />
      </Stage>
    ),
  ],
  beforeEach: () => () => endScenario(),
}

export default preview
