import { VoiceAssistantCaptions } from 'redux-voice-agent/react'
import { expect, waitFor } from 'storybook/test'
import { part } from '../../part.js'
import { getScenario, scene } from '../../scenario.js'
import { agentBegins, smallTalk } from '../../script.js'

export default {
  title: 'Parts/Captions',
  component: VoiceAssistantCaptions,
  tags: ['autodocs'],
  parameters: {
    docs: {
      description: {
        component:
          'The words being spoken, in large type: the last lines of the last turn. Hidden from screen readers, which have the transcript and the announcements.',
      },
    },
  },
}

export const Captions = part(
  VoiceAssistantCaptions,
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    agentBegins(
      scenario,
      'long',
      'It comes in green, in blue and in a warm white that goes well with wood. The green one is sold out until Friday; the other two can be with you tomorrow if you order before four. It also has a handle that stays cool, and a lid',
    )
  }),
  async (context) => {
    const { canvasElement } = context
    const captions = canvasElement.querySelector('.own-part') as HTMLElement
    await waitFor(() => expect(captions).toHaveTextContent(/^Agent It comes in green.*a lid$/))
    // The last words are in view.
    const [outer, words] = [captions, captions.querySelector('p')].map((one) => one?.getBoundingClientRect())
    await expect(words?.bottom).toBeLessThanOrEqual(outer?.bottom ?? 0)
    getScenario(context).emit({ type: 'assistantTextAppended', turnId: 'long', delta: ' that locks.' })
    await waitFor(() => expect(captions).toHaveTextContent(/that locks\.$/))
  },
)
