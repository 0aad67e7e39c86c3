import {
  type PartProps,
  VoiceAssistantStatistics,
  VoiceAssistantStatisticsButton,
} from 'redux-voice-agent/react'
import { expect } from 'storybook/test'
import { part } from '../../part.js'
import { scene } from '../../scenario.js'
import { smallTalk } from '../../script.js'

export default {
  title: 'Parts/Statistics',
  component: VoiceAssistantStatistics,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'Figures and plots of the call, while the panel is open. `VoiceAssistantStatisticsButton` opens it; the header has that button.',
      },
    },
  },
}

const WithButton = (props: PartProps) => (
  <>
    <VoiceAssistantStatisticsButton />
    <VoiceAssistantStatistics {...props} />
  </>
)

export const Statistics = part(
  WithButton,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async ({ canvas, canvasElement, userEvent }) => {
    await expect(canvasElement.querySelector('.own-part')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Statistics' }))
    const panel = await canvas.findByRole('region', { name: 'Statistics' })
    await expect(canvasElement.querySelector('.own-part')).toBe(panel)
  },
)
