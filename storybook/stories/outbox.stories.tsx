import { VoiceAgentError } from 'redux-voice-agent'
import { expect, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { neverConnects, rehydrate, smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Outbox' }

const spoken = (canvasElement: HTMLElement) =>
  canvasElement.querySelector('[data-urgency=polite]')?.textContent

/** Accepts the first connection normally, and the next ones with `second`. */
const reconnectWith = (second: () => Promise<'resumed'>) => {
  let calls = 0
  return () => (calls++ === 0 ? 'fresh' : second())
}

async function loseConnection(scenario: Scenario) {
  await scenario.call()
  smallTalk(scenario)
  scenario.emit({ type: 'connectionState', state: 'failed' })
  await waitFor(() => expect(scenario.actionTypes).toContain('reconnectScheduled'))
}

/** Typed while the first connection is being established. */
export const WaitsForTheCall: Story = {
  ...scene((scenario) => {
    rehydrate(scenario)
    scenario.voiceAgent.agent.connect().catch(() => {})
  }, neverConnects),
  async play({ canvas, canvasElement, userEvent }) {
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Is it dishwasher-safe?')
    await expect(canvas.getByText('Your message will be sent once you are connected.')).toBeVisible()
    await userEvent.keyboard('{Enter}')
    await expect(canvas.getByText('Waiting to be sent')).toBeInTheDocument()
    await expect(spoken(canvasElement)).toBe('Your message will be sent once you are connected.')
    await expect(canvas.getByRole('textbox', { name: 'Message' })).toHaveValue('')
  },
}

/** Typed while reconnecting, and sent once connected. */
export const WaitsForTheConnection: Story = {
  ...scene(async (scenario) => {
    await loseConnection(scenario)
    scenario.voiceAgent.agent.sendText('The green one, please.')
  }, reconnectWith(neverConnects)),
  async play({ canvas }) {
    await waitFor(() => expect(canvas.getByText('Waiting to be sent')).toBeVisible())
  },
}

export const SentWhenConnected: Story = {
  ...scene(
    async (scenario) => {
      await loseConnection(scenario)
      scenario.voiceAgent.agent.sendText('The green one, please.')
    },
    reconnectWith(async () => 'resumed' as const),
  ),
  async play(context) {
    const { transport, voiceAgent } = getScenario(context)
    voiceAgent.agent.retry()
    await waitFor(() => expect(context.canvas.queryByText('Waiting to be sent')).not.toBeInTheDocument())
    await expect(transport.sent.filter(({ type }) => type === 'text')).toHaveLength(1)
  },
}

async function fail(scenario: Scenario) {
  await loseConnection(scenario)
  scenario.voiceAgent.agent.sendText('The green one, please.')
  scenario.voiceAgent.agent.sendText('And a lid for it.')
  await scenario.voiceAgent.agent.disconnect()
}

/** The call ended before they were sent. */
export const NotSent: Story = {
  ...scene(fail),
  async play({ canvas }) {
    await expect(canvas.getAllByText('Not sent')).toHaveLength(2)
    await expect(canvas.getByRole('button', { name: 'Try again: And a lid for it.' })).toBeVisible()
  },
}

/** With the keyboard: the call begins, the text waits for it, and focus stays in the assistant. */
export const TriedAgain: Story = {
  ...scene(fail, reconnectWith(neverConnects)),
  async play({ canvas, userEvent }) {
    canvas.getByRole('button', { name: 'Try again: The green one, please.' }).focus()
    await userEvent.keyboard('{Enter}')
    // The mark appears after 0.8 s.
    await waitFor(() => expect(canvas.getByText('Waiting to be sent')).toBeVisible())
    await expect(canvas.getAllByText('Not sent')).toHaveLength(1)
    await waitFor(() => expect(document.activeElement).toHaveAttribute('data-rva-part', 'viewport'))
  },
}

/** It can't be sent this time either. */
export const TriedInVain: Story = {
  ...scene(
    fail,
    (() => {
      let calls = 0
      return () => {
        if (calls++ > 0) throw new VoiceAgentError('signalling-unavailable')
        return 'fresh' as const
      }
    })(),
  ),
  async play({ canvas, canvasElement, userEvent }) {
    await userEvent.click(canvas.getByRole('button', { name: 'Try again: And a lid for it.' }))
    await waitFor(() => expect(spoken(canvasElement)).toContain("Your message wasn't sent."))
    await expect(canvas.getAllByText('Not sent')).toHaveLength(2)
  },
}
