import { VoiceAgentError, type VoiceErrorCode } from 'redux-voice-agent'
import { expect, spyOn, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { type Scenario, scenarioOf, scene } from '../scenario.js'
import { never, rehydrate, smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Trouble' }

const spoken = (canvasElement: HTMLElement, urgency: 'polite' | 'assertive') =>
  canvasElement.querySelector(`[data-urgency=${urgency}]`)?.textContent

/** The second connection is the one that a story is about. */
const thenAnswer = (second: () => Promise<'resumed' | 'reseeded'>) => {
  let calls = 0
  return () => (calls++ === 0 ? 'fresh' : second())
}

async function lose(scenario: Scenario) {
  await scenario.call()
  smallTalk(scenario)
  scenario.emit({ type: 'connection-state', state: 'failed' })
  await waitFor(() => expect(scenario.asked).toContain('reconnectScheduled'))
}

export const ReconnectingCountdown: Story = {
  ...scene(async (scenario) => {
    await lose(scenario)
    scenario.dispatch(
      scenario.actions.reconnectScheduled({
        attempt: 2,
        maxAttempts: 15,
        delayMs: 6000,
        nextRetryAt: storyTime + 6000,
      }),
    )
  }, thenAnswer(never)),
  async play(context) {
    const { canvas, canvasElement, userEvent } = context
    const { clock, asked, dispatch, actions } = scenarioOf(context)
    await expect(canvas.getByText(/Retrying in 6 s \(attempt 2 of 15\)/)).toBeVisible()
    const heard: string[] = []
    const announcer = canvasElement.querySelector('[data-urgency=polite]') as HTMLElement
    const observer = new MutationObserver(() => heard.push(announcer.textContent))
    observer.observe(announcer, { childList: true, characterData: true, subtree: true })
    await waitFor(() => expect(clock.ticking).toBe(1))
    for (let left = 5; left >= 1; left--) {
      clock.tick(1)
      await canvas.findByText(new RegExp(`Retrying in ${left} s`))
    }
    observer.disconnect()
    // A countdown is for the eyes.
    await expect(heard).toEqual([])
    const retry = canvas.getByRole('button', { name: 'Retry now' })
    await userEvent.click(retry)
    await expect(asked).toContain('retryRequested')
    // The button goes with the countdown; the focus stays in the assistant.
    await waitFor(() => expect(retry).not.toBeInTheDocument())
    await expect(canvas.getByRole('button', { name: 'End conversation' })).toHaveFocus()
    const nextRetryAt = Date.now() + 4000
    dispatch(actions.reconnectScheduled({ attempt: 2, maxAttempts: 15, delayMs: 4000, nextRetryAt }))
    await canvas.findByText(/Retrying in 4 s/)
    // The notice came and went above the transcript: its end is still what is seen.
    await expect(canvas.queryByRole('button', { name: 'Jump to latest' })).not.toBeInTheDocument()
  },
}

export const ReconnectingNow: Story = {
  ...scene(async (scenario) => {
    await lose(scenario)
    scenario.voiceAgent.agent.retry()
  }, thenAnswer(never)),
  async play({ canvas }) {
    await canvas.findByText(/Reconnecting…/, { selector: '[data-rva-part=notice-text]' })
  },
}

/** The agent kept the session: nothing needs to be said to the eyes. */
export const Reconnected: Story = {
  ...scene(
    lose,
    thenAnswer(async () => 'resumed' as const),
  ),
  async play(context) {
    scenarioOf(context).voiceAgent.agent.retry()
    await waitFor(() => expect(spoken(context.canvasElement, 'polite')).toMatch(/^Reconnected\./))
    await expect(context.canvas.getByRole('status', { name: 'Connection' })).toHaveAttribute(
      'data-state',
      'connected',
    )
  },
}

/** It had forgotten, and was told the last messages. */
export const ReconnectedReseeded: Story = {
  ...scene(
    lose,
    thenAnswer(async () => 'reseeded' as const),
  ),
  async play(context) {
    scenarioOf(context).voiceAgent.agent.retry()
    await context.canvas.findByText('The agent was reminded of the last messages.', {
      selector: '[data-rva-part=notice-text]',
    })
  },
}

/** Nothing is tried meanwhile, so nothing is counted down. */
export const Offline: Story = {
  ...scene(lose),
  beforeEach() {
    const onLine = spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
    return () => onLine.mockRestore()
  },
  async play({ canvas }) {
    await expect(
      canvas.getByText(/You're offline/, { selector: '[data-rva-part=notice-text]' }),
    ).toBeVisible()
    await expect(canvas.queryByRole('button', { name: 'Retry now' })).not.toBeInTheDocument()
    await expect(canvas.getByRole('button', { name: 'End conversation' })).toBeEnabled()
  },
}

export const FailedRetryable: Story = {
  ...scene(undefined, () => Promise.reject(new VoiceAgentError('signalling-unavailable'))),
  async play({ canvas, canvasElement, userEvent }) {
    const primary = canvas.getByRole('button', { name: 'Start conversation' })
    await userEvent.click(primary)
    await waitFor(() => expect(primary).toHaveAccessibleName('Try again'))
    await expect(primary).toHaveFocus()
    await expect(spoken(canvasElement, 'assertive')).toBe("Couldn't connect. Your conversation is kept.")
  },
}

export const FailedAfterReconnecting: Story = {
  ...scene(async (scenario) => {
    await lose(scenario)
    const { code, message, recoverable } = new VoiceAgentError('reconnect-exhausted')
    scenario.dispatch(
      scenario.actions.connectionFailed({ error: { code, message, recoverable }, at: storyTime }),
    )
  }),
}

export const FailedFatal: Story = {
  ...scene(
    ({ voiceAgent }) => voiceAgent.agent.connect().catch(() => {}),
    () => Promise.reject(new VoiceAgentError('signalling-rejected')),
  ),
}

const cannotConnect = (code: VoiceErrorCode) =>
  scene(
    (scenario) => {
      rehydrate(scenario)
      return scenario.voiceAgent.agent.connect().catch(() => {})
    },
    () => Promise.reject(new VoiceAgentError(code)),
  )

export const AgentNeverJoined: Story = { ...cannotConnect('agent-unreachable') }
/** What is wrong is for those who run the app: the words are for those who use it. */
export const RelayRefused: Story = {
  ...cannotConnect('relay-refused'),
  async play({ canvas }) {
    await expect(canvas.getByText(/can't get through from this network/)).toBeVisible()
  },
}
export const RelayUnreachable: Story = { ...cannotConnect('relay-unreachable') }
export const SessionExpired: Story = {
  ...cannotConnect('token-expired'),
  async play({ canvas }) {
    // A dead end for nobody: the words say what to do, and the button does it.
    await expect(canvas.getByText(/expired/, { selector: '[data-rva-part=notice-text]' })).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Try again' })).toBeEnabled()
  },
}

/** An error that the call survives. */
export const AgentError: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    const { code, message, recoverable } = new VoiceAgentError(
      'agent-error',
      'The agent could not reach the stock list.',
    )
    scenario.emit({ type: 'agent-error', error: { code, message, recoverable }, fatal: false })
  }),
}

export const AgentErrorDismissed: Story = {
  ...AgentError,
  async play({ canvas, userEvent }) {
    const notice = canvas.getByText('The agent could not reach the stock list.')
    await userEvent.click(canvas.getByRole('button', { name: 'Dismiss' }))
    await expect(notice).not.toBeInTheDocument()
    await expect(canvas.getByRole('button', { name: 'End conversation' })).toHaveFocus()
  },
}
