import { expect, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { scenarioOf, scene } from '../scenario.js'
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

/** Three days of one conversation: a time where there was a pause, a line where another day begins. */
export const Timestamps: Story = {
  ...scene((scenario) => {
    const day = 86_400_000
    const times = [-2 * day, -2 * day + 20_000, -day, -day + 3_600_000, -60_000, -40_000]
    rehydrate(
      scenario,
      earlier(6).map((message, index) => ({ ...message, createdAt: storyTime + (times[index] ?? 0) })),
    )
  }),
  async play({ canvas, canvasElement }) {
    const days = [...canvasElement.querySelectorAll('[data-rva-part=day]')].map(
      ({ textContent }) => textContent,
    )
    await expect(days).toHaveLength(3)
    await expect(days.slice(1)).toEqual(['Yesterday', 'Today'])
    const times = [...canvasElement.querySelectorAll<HTMLTimeElement>('time[data-rva-part=time]')]
    await expect(times).toHaveLength(6)
    await expect(times.map(({ dataset }) => dataset.shown !== undefined)).toEqual([
      true,
      false,
      true,
      true,
      true,
      false,
    ])
    await expect(times[4]).toHaveAttribute('datetime', new Date(storyTime - 60_000).toISOString())
    // A message is what was said: its time stands beside it.
    await expect(canvas.getAllByRole('article')[0]).toHaveTextContent(/just moved\.$/)
  },
}

/** Two stored segments were damaged: what is missing is marked where it is missing. */
export const GapMarker: Story = {
  ...scene((scenario) => {
    rehydrate(scenario, earlier(4), 66, [
      { from: 0, count: 64 },
      { from: 66, count: 2 },
    ])
  }),
  async play({ canvas, canvasElement }) {
    const marks = canvas.getAllByRole('note').filter((mark) => mark.dataset.rvaPart === 'gap')
    await expect(marks.map(({ textContent }) => textContent)).toEqual([
      "64 messages can't be read",
      "2 messages can't be read",
    ])
    const order = [...canvasElement.querySelectorAll('[data-rva-part=gap], article')].map(
      ({ tagName }) => tagName,
    )
    await expect(order).toEqual(['P', 'ARTICLE', 'ARTICLE', 'P', 'ARTICLE', 'ARTICLE'])
  },
}

/** What the agent did, and what the app has to say, between the turns. */
export const ToolAndSystem: Story = {
  ...scene((scenario) => {
    const at = storyTime - 60_000
    rehydrate(scenario, [
      {
        id: '1',
        role: 'system',
        text: 'This conversation is kept for seven days.',
        status: 'final',
        createdAt: at,
      },
      {
        id: '2',
        role: 'user',
        text: 'Put two of the Tarn kettles in my cart.',
        status: 'final',
        createdAt: at + 1000,
      },
      {
        id: '3',
        role: 'tool',
        text: '',
        status: 'final',
        createdAt: at + 2000,
        tool: { name: 'add_to_cart', arguments: { id: 'tarn', quantity: 2 }, status: 'completed', result: 2 },
      },
      {
        id: '4',
        role: 'assistant',
        text: 'Done. That makes 118 euros.',
        status: 'final',
        createdAt: at + 3000,
      },
    ])
  }),
  async play({ canvas }) {
    const names = canvas.getAllByRole('article').map((article) => article.getAttribute('aria-label'))
    await expect(names).toEqual(['Note', 'You', 'Action', 'Agent'])
    await expect(canvas.getAllByRole('article')[2]).toHaveTextContent(/^Add to cart$/)
  },
}

/** At its end from the first paint on; what is out of sight is filled in when the browser has time. */
export const History500: Story = {
  ...scene((scenario) => rehydrate(scenario, earlier(500))),
  async play({ canvas, canvasElement }) {
    const viewport = canvasElement.querySelector('[data-rva-part=viewport]') as HTMLElement
    await expect(viewport.scrollHeight - viewport.clientHeight - viewport.scrollTop).toBeLessThan(2)
    await waitFor(() => expect(canvas.getAllByRole('article', { hidden: true })).toHaveLength(500), {
      timeout: 10_000,
    })
    await expect(viewport.scrollHeight - viewport.clientHeight - viewport.scrollTop).toBeLessThan(2)
  },
}

/** Heard, but transcribed by nobody: what is known is how long it was. */
export const SpokenWithoutWords: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    const { dispatch, actions } = scenario
    dispatch(
      actions.userTranscriptReceived({ id: 'spoken', text: '', final: true, at: Date.now(), speechMs: 2400 }),
    )
    agentBegins(scenario, 'turn', 'I heard you. We have two kettles, both quiet.')
    agentEnds(scenario, 'turn')
  }),
  async play({ canvas }) {
    await expect(canvas.getByText('Spoken, 2.4 s')).toBeVisible()
  },
}

/** What is understood so far becomes the message, in the same element. */
export const InterimUser: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    scenario.emit({ type: 'user-speech-started' })
    scenario.emit({ type: 'user-transcript', text: 'Do you have a kettle', final: false })
  }),
  async play(context) {
    const { canvas } = context
    const { emit } = scenarioOf(context)
    const article = canvas.getByRole('article')
    await expect(article).toHaveAttribute('data-status', 'streaming')
    emit({ type: 'user-transcript', text: 'Do you have a kettle that is quiet?', final: true })
    await waitFor(() => expect(article).toHaveAttribute('data-status', 'final'))
    await expect(article).toBeInTheDocument()
    emit({ type: 'user-speech-started' })
    emit({ type: 'user-transcript', text: 'And what does it', final: false })
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
    const { emit } = scenarioOf(context)
    const announcers = [...canvasElement.querySelectorAll('[data-rva-part=announcer]')]
    await expect(announcers).toHaveLength(2)
    const article = canvas.getAllByRole('article')[1]
    for (let delta = 1; delta <= 50; delta++)
      emit({ type: 'assistant-text', turnId: 'turn', delta: ` word ${delta}` })
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
    const scenario = scenarioOf(context)
    scenario.emit({ type: 'assistant-turn-interrupted', turnId: 'turn' })
    scenario.emit({ type: 'assistant-speech-stopped' })
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

/** A reader who has scrolled up is left where they are. */
export const ScrolledUp: Story = {
  ...scene(async (scenario) => {
    rehydrate(scenario, earlier(40))
    await scenario.call()
  }),
  async play(context) {
    const { canvas, canvasElement, userEvent } = context
    const scenario = scenarioOf(context)
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
