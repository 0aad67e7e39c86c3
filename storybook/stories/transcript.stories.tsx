import { expect, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { getScenario, scene } from '../scenario.js'
import { agentBegins, agentEnds, earlier, rehydrate, smallTalk, userSays } from '../script.js'

export default { ...assistant, title: 'Assistant/Transcript' }

export const Conversation: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
}

export const Empty: Story = { ...scene((scenario) => scenario.call()) }

export const FirstTurn: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    agentBegins(scenario, 'hello', 'Hello! I know every kettle in this shop.')
    agentEnds(scenario, 'hello')
  }),
}

/** A spoken turn without a transcript shows only its length. */
export const SpokenWithoutWords: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    const { dispatch, actions } = scenario
    const at = Date.now()
    dispatch(actions.userSpeechStarted({ id: 'spoken', at: at - 2400 }))
    dispatch(actions.userSpeechStopped({ at }))
    dispatch(actions.userTranscriptReceived({ id: 'words', text: '', final: true, at }))
    agentBegins(scenario, 'turn', 'I heard you. We have two kettles, both quiet.')
    agentEnds(scenario, 'turn')
  }),
  async play({ canvas }) {
    await expect(canvas.getByText('Spoken, 2.4 s')).toBeVisible()
  },
}

/** The interim transcript becomes the message, in the same element. */
export const InterimUser: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    scenario.emit({ type: 'userSpeechStarted' })
    scenario.emit({ type: 'userTranscriptReceived', text: 'Do you have a kettle', final: false })
  }),
  async play(context) {
    const { canvas } = context
    const { emit } = getScenario(context)
    const article = canvas.getByRole('article')
    await expect(article).toHaveAttribute('data-status', 'streaming')
    emit({ type: 'userTranscriptReceived', text: 'Do you have a kettle that is quiet?', final: true })
    emit({ type: 'userSpeechStopped' })
    await waitFor(() => expect(article).toHaveAttribute('data-status', 'final'))
    await expect(article).toBeInTheDocument()
    emit({ type: 'userSpeechStarted' })
    emit({ type: 'userTranscriptReceived', text: 'And what does it', final: false })
    await waitFor(() => expect(canvas.getAllByRole('article')).toHaveLength(2))
  },
}

export const StreamingAgent: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Tell me about it.')
    agentBegins(scenario, 'turn', 'Well:')
  }),
  async play(context) {
    const { canvas, canvasElement } = context
    const { emit } = getScenario(context)
    const announcers = [...canvasElement.querySelectorAll('[data-rva-part=announcer]')]
    await expect(announcers).toHaveLength(2)
    const article = canvas.getAllByRole('article')[1]
    for (let delta = 1; delta <= 50; delta++)
      emit({ type: 'assistantTextAppended', turnId: 'turn', delta: ` word ${delta}` })
    await waitFor(() => expect(article).toHaveTextContent(/word 50$/))
    await expect(canvas.getAllByRole('article')[1]).toBe(article)
    for (const announcer of announcers) await expect(announcer).toBeEmptyDOMElement()
  },
}

export const Interrupted: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
    agentBegins(scenario, 'turn', 'Two of ours are. The Fell boils a litre in')
  }),
  async play(context) {
    const { canvas, canvasElement } = context
    const scenario = getScenario(context)
    scenario.emit({ type: 'assistantTurnInterrupted', turnId: 'turn' })
    scenario.emit({ type: 'assistantSpeechStopped' })
    await waitFor(() =>
      expect(canvas.getAllByRole('article')[1]).toHaveAttribute('data-status', 'interrupted'),
    )
    await expect(canvas.getByText('Interrupted')).toBeVisible()
    await waitFor(() =>
      expect(canvasElement.querySelector('[data-urgency=polite]')).toHaveTextContent(
        'The agent was interrupted.',
      ),
    )
    userSays(scenario, 'Just the quietest one, please.')
  },
}

export const LongAndUnbroken: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, `Look at https://example.com/${'kettle-'.repeat(40)}`)
    agentBegins(scenario, 'turn', 'It is a long address, and a long answer. '.repeat(24))
    agentEnds(scenario, 'turn')
  }),
}

export const BidiMixed: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'هل لديكم غلاية هادئة؟')
    agentBegins(scenario, 'turn', 'نعم، اسمها Tarn وسعرها 59 يورو.')
    agentEnds(scenario, 'turn')
    userSays(scenario, 'And in English, please: is it quiet?')
  }),
}

/** New messages do not move the view of a user who has scrolled up. */
export const ScrolledUp: Story = {
  ...scene(async (scenario) => {
    rehydrate(scenario, earlier(40))
    await scenario.call()
  }),
  async play(context) {
    const { canvas, canvasElement, userEvent } = context
    const scenario = getScenario(context)
    const viewport = canvasElement.querySelector('[data-rva-part=viewport]') as HTMLElement
    const fromEnd = () => viewport.scrollHeight - viewport.clientHeight - viewport.scrollTop
    await expect(fromEnd()).toBeLessThan(2)
    viewport.scrollTop = 300
    const jump = await canvas.findByRole('button', { name: 'Jump to latest' })
    smallTalk(scenario)
    await waitFor(() => expect(viewport).toHaveAttribute('data-unseen', '4'))
    await expect(viewport.scrollTop).toBe(300)
    await userEvent.click(jump)
    await waitFor(() => expect(viewport).toHaveAttribute('data-at-end', 'true'))
    await expect(viewport).toHaveFocus()
    agentBegins(scenario, 'more', 'One more thing. '.repeat(30))
    await waitFor(() => expect(canvas.getAllByRole('article')).toHaveLength(45))
    await waitFor(() => expect(fromEnd()).toBeLessThan(2))
    viewport.scrollTop = 300
    await canvas.findByRole('button', { name: 'Jump to latest' })
  },
}
