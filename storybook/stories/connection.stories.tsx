import { expect, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { getScenario, scene } from '../scenario.js'
import { agentBegins, agentEnds, neverConnects, smallTalk, userSays } from '../script.js'

export default { ...assistant, title: 'Assistant/Connection' }

export const Idle: Story = {
  ...scene(),
  async play(context) {
    const { canvas, userEvent } = context
    const { actionTypes } = getScenario(context)
    await expect(canvas.getByRole('status', { name: 'Connection' })).toHaveAttribute('data-state', 'idle')
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Hello{Enter}')
    // The draft stays, and the hint says why it was not sent.
    await expect(canvas.getByRole('textbox', { name: 'Message' })).toHaveValue('Hello')
    await expect(canvas.getByRole('button', { name: 'Send' })).toHaveAccessibleDescription(
      /^Start or continue the conversation/,
    )
    await expect(actionTypes).not.toContain('sendTextRequested')
    await userEvent.clear(canvas.getByRole('textbox', { name: 'Message' }))
  },
}

export const Connecting: Story = {
  ...scene(({ voiceAgent }) => void voiceAgent.agent.connect().catch(() => {}), neverConnects),
  async play({ canvas, userEvent }) {
    const primary = await canvas.findByRole('button', { name: 'Cancel' })
    primary.focus()
    // Presses are ignored for half a second after the button's meaning changes, so this presses until one works.
    const pressUntilNamed = (name: string) =>
      waitFor(async () => {
        await userEvent.click(primary)
        await expect(primary).toHaveAccessibleName(name)
      })
    await pressUntilNamed('Start conversation')
    await expect(primary).toHaveFocus()
    await pressUntilNamed('Cancel')
  },
}

/** After six seconds the status changes to "Still connecting…". */
export const ConnectingSlow: Story = {
  ...scene(({ voiceAgent }) => void voiceAgent.agent.connect().catch(() => {}), neverConnects),
  async play(context) {
    const { clock } = getScenario(context)
    await context.canvas.findByText('Connecting…')
    await waitFor(() => expect(clock.waiting).not.toHaveLength(0))
    clock.tick(6)
    await expect(await context.canvas.findByText('Still connecting…')).toBeVisible()
  },
}

export const Listening: Story = { ...scene((scenario) => scenario.call()) }

export const UserSpeaking: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    scenario.emit({ type: 'userSpeechStarted' })
  }),
}

export const Processing: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
  }),
}

/** After four seconds the status changes, so that the user does not mistake the silence for a fault. */
export const ProcessingSlow: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
  }),
  async play(context) {
    const { clock } = getScenario(context)
    await context.canvas.findByText('Thinking…')
    await waitFor(() => expect(clock.waiting).not.toHaveLength(0))
    clock.tick(4)
    await expect(await context.canvas.findByText('Still thinking…')).toBeVisible()
  },
}

/** The agent's turn has started and has no text yet. */
export const AgentPreparing: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
    scenario.emit({ type: 'assistantTurnStarted', turnId: 'turn' })
  }),
}

export const AgentSpeaking: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
    agentBegins(scenario, 'turn', 'Two of ours are. The Fell boils a litre in three minutes at 62 decibels;')
  }),
  async play(context) {
    const { canvas, userEvent } = context
    await userEvent.click(canvas.getByRole('button', { name: 'Interrupt the agent' }))
    await expect(getScenario(context).actionTypes).toContain('interruptRequested')
  },
}

/** The user speaks before the agent's turn ends. */
export const DoubleTalk: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Do you have a kettle that is quiet?')
    agentBegins(scenario, 'turn', 'Two of ours are. The Fell boils a litre in three minutes')
    scenario.emit({ type: 'userSpeechStarted' })
    scenario.emit({ type: 'userTranscriptReceived', text: 'Wait, I meant', final: false })
  }),
}

export const EndedByUser: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async play({ canvas, userEvent }) {
    const primary = canvas.getByRole('button', { name: 'End conversation' })
    await userEvent.click(primary)
    await waitFor(() => expect(primary).toHaveAccessibleName('Continue conversation'))
    await expect(primary).toHaveFocus()
    await expect(canvas.getAllByRole('article')).toHaveLength(4)
  },
}

export const EndedByAgent: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    userSays(scenario, 'Thank you, that was all.')
    agentBegins(scenario, 'bye', 'You are welcome. Goodbye!')
    agentEnds(scenario, 'bye')
    scenario.emit({ type: 'agentLeft' })
  }),
  async play({ canvas }) {
    await waitFor(() =>
      expect(canvas.getByRole('status', { name: 'Connection' })).toHaveAttribute(
        'data-state',
        'disconnected',
      ),
    )
  },
}
