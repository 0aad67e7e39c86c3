import { VoiceAgentError, type VoiceErrorCode } from 'redux-voice-agent'
import { expect, spyOn, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { agentBegins, neverConnects, rehydrate, smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Trouble' }

const spoken = (canvasElement: HTMLElement, urgency: 'polite' | 'assertive') =>
  canvasElement.querySelector(`[data-urgency=${urgency}]`)?.textContent

/** Accepts the first connection normally, and the next ones with `second`. */
const reconnectWith = (second: () => Promise<'resumed' | 'reseeded'>) => {
  let calls = 0
  return () => (calls++ === 0 ? 'fresh' : second())
}

async function loseConnection(scenario: Scenario) {
  await scenario.call()
  smallTalk(scenario)
  scenario.emit({ type: 'connectionState', state: 'failed' })
  await waitFor(() => expect(scenario.actionTypes).toContain('reconnectScheduled'))
}

export const ReconnectingCountdown: Story = {
  ...scene(async (scenario) => {
    await loseConnection(scenario)
    scenario.dispatch(
      scenario.actions.reconnectScheduled({
        attempt: 2,
        maxAttempts: 25,
        delayMs: 6000,
        nextRetryAt: storyTime + 6000,
      }),
    )
  }, reconnectWith(neverConnects)),
  async play(context) {
    const { canvas, canvasElement, userEvent } = context
    const { clock, actionTypes, dispatch, actions } = getScenario(context)
    await expect(canvas.getByText(/Retrying in 6 s \(attempt 2 of 25\)/)).toBeVisible()
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
    // The countdown is only visual.
    await expect(heard).toEqual([])
    const retry = canvas.getByRole('button', { name: 'Retry now' })
    await userEvent.click(retry)
    await expect(actionTypes).toContain('retryRequested')
    // The button is removed with the countdown; focus stays in the assistant.
    await waitFor(() => expect(retry).not.toBeInTheDocument())
    // Not on the first button, which would end the call.
    await waitFor(() => expect(document.activeElement).toHaveAttribute('data-rva-part', 'viewport'))
    const nextRetryAt = Date.now() + 4000
    dispatch(actions.reconnectScheduled({ attempt: 2, maxAttempts: 25, delayMs: 4000, nextRetryAt }))
    await canvas.findByText(/Retrying in 4 s/)
    // The notice above the transcript appeared and was removed; the end of the transcript is still visible.
    await expect(canvas.queryByRole('button', { name: 'Jump to latest' })).not.toBeInTheDocument()
  },
}

export const ReconnectingNow: Story = {
  ...scene(async (scenario) => {
    await loseConnection(scenario)
    scenario.voiceAgent.agent.retry()
  }, reconnectWith(neverConnects)),
  async play({ canvas }) {
    await canvas.findByText(/Reconnecting…/, { selector: '[data-rva-part=notice-text]' })
  },
}

/** The agent resumed its session, so there is only an announcement. */
export const Reconnected: Story = {
  ...scene(
    loseConnection,
    reconnectWith(async () => 'resumed' as const),
  ),
  async play(context) {
    getScenario(context).voiceAgent.agent.retry()
    await waitFor(() => expect(spoken(context.canvasElement, 'polite')).toMatch(/Reconnected\./))
    const status = context.canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(status).toHaveAttribute('data-state', 'connected'))
  },
}

/** The agent lost its session and received the last messages. */
export const ReconnectedReseeded: Story = {
  ...scene(
    loseConnection,
    reconnectWith(async () => 'reseeded' as const),
  ),
  async play(context) {
    getScenario(context).voiceAgent.agent.retry()
    await context.canvas.findByText('The agent was reminded of the last messages.', {
      selector: '[data-rva-part=notice-text]',
    })
  },
}

function goOffline() {
  const onLine = spyOn(navigator, 'onLine', 'get').mockReturnValue(false)
  return () => onLine.mockRestore()
}

/** There is no countdown without a network. */
export const Offline: Story = {
  ...scene(loseConnection),
  beforeEach: goOffline,
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
    // There is no conversation yet.
    await expect(spoken(canvasElement, 'assertive')).toBe("Couldn't connect. Try again.")
  },
}

/** The browser may be wrong, so the error stays. */
export const FailedOffline: Story = {
  ...scene(undefined, () => Promise.reject(new VoiceAgentError('token-refresh-failed'))),
  beforeEach: goOffline,
  async play({ canvas, canvasElement, userEvent }) {
    await userEvent.click(canvas.getByRole('button', { name: 'Start conversation' }))
    const text = "Couldn't sign in to the voice agent. Try again. You seem to be offline."
    await expect(await canvas.findByText(text, { selector: '[data-rva-part=notice-text]' })).toBeVisible()
    await waitFor(() => expect(spoken(canvasElement, 'assertive')).toBe(text))
  },
}

async function failAfterReconnecting(scenario: Scenario) {
  await loseConnection(scenario)
  const { code, message, recoverable } = new VoiceAgentError('reconnect-exhausted')
  scenario.dispatch(
    scenario.actions.connectionFailed({ error: { code, message, recoverable }, at: storyTime }),
  )
}

/** The conversation is in memory only, so the notice does not promise that it is saved. */
export const FailedUnsaved: Story = {
  ...scene(failAfterReconnecting),
  async play({ canvas }) {
    await expect(canvas.getByText("Couldn't reconnect. Try again.")).toBeVisible()
  },
}

export const FailedSaved: Story = {
  ...scene(async (scenario) => {
    const { dispatch, actions, store } = scenario
    dispatch(actions.storageStatusChanged({ storage: 'persistent', error: null }))
    await loseConnection(scenario)
    const { revision } = store.getState().voiceAgent.session
    dispatch(actions.snapshotSaved({ revision, at: storyTime }))
    const { code, message, recoverable } = new VoiceAgentError('reconnect-exhausted')
    dispatch(actions.connectionFailed({ error: { code, message, recoverable }, at: storyTime }))
  }),
  async play({ canvas }) {
    const text = "Couldn't reconnect. Try again. Your conversation is saved."
    await expect(canvas.getByText(text, { selector: '[data-rva-part=notice-text]' })).toBeVisible()
  },
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
/** The notice is worded for users; the error's own message is for developers. */
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
    // The notice says what to do, and the button does it.
    await expect(canvas.getByText(/expired/, { selector: '[data-rva-part=notice-text]' })).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Try again' })).toBeEnabled()
  },
}

/** An error that does not end the call. Its own message is for developers. */
export const AgentError: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    const { code, message, recoverable } = new VoiceAgentError(
      'agent-error',
      'The agent must reach the stock list; it did not.',
    )
    scenario.emit({ type: 'agentErrorReported', error: { code, message, recoverable }, fatal: false })
  }),
}

/** The composer keeps the text, so that the user can shorten it. */
export const TextTooLong: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    const { code, message, recoverable } = new VoiceAgentError('text-too-long')
    scenario.dispatch(scenario.actions.textRefused({ id: 'long', error: { code, message, recoverable } }))
  }),
  async play({ canvas }) {
    await expect(canvas.getByText(/too long to send\. Shorten it/)).toBeVisible()
  },
}

export const AgentErrorDismissed: Story = {
  ...AgentError,
  async play({ canvas, userEvent }) {
    const notice = canvas.getByText('The agent reported an error. Try again.')
    await userEvent.click(canvas.getByRole('button', { name: 'Dismiss' }))
    await expect(notice).not.toBeInTheDocument()
    // Not on the first button, which would end the call.
    await waitFor(() => expect(document.activeElement).toHaveAttribute('data-rva-part', 'viewport'))
  },
}

/** The user has said nothing for a while: the call ends soon. */
export const IdleWarning: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  args: { idleTimeout: 60_000 },
  async play(context) {
    const { canvas, canvasElement } = context
    const { clock } = getScenario(context)
    const shown = { selector: '[data-rva-part=notice-text]' }
    // The watch's code loads with the call.
    await waitFor(() => expect(clock.waiting).toContain(30_000))
    clock.tick(30)
    await expect(await canvas.findByText(/^Are you still there/, shown)).toBeVisible()
    await expect(spoken(canvasElement, 'assertive')).toMatch(/^Are you still there/)
    await waitFor(() => expect(clock.ticking).toBeGreaterThan(0))
    clock.tick(8)
    await canvas.findByText(/The conversation ends in (1\d|2[0-2]) seconds/, shown)
    await expect(canvas.getByRole('button', { name: 'Keep talking' })).toBeVisible()
  },
}

export const EndedIdle: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    await scenario.voiceAgent.agent.disconnect({ reason: 'idle' })
  }),
  async play({ canvas }) {
    await expect(
      canvas.getByText('The conversation has ended because nothing was said for a while.'),
    ).toBeVisible()
  },
}

/** Network samples, one per second. */
function warned(change: { roundTripMs?: number; bitrateReceived?: number }, speaks = false): Story {
  return {
    ...scene(async (scenario) => {
      await scenario.call()
      smallTalk(scenario)
      if (speaks) agentBegins(scenario, 'unheard', 'The Tarn is in stock, and it comes in three colours.')
    }),
    args: { callWarnings: true },
    async play(context) {
      const { dispatch, actions, store } = getScenario(context)
      const { connectionId } = store.getState().voiceAgent.connection
      let second = 0
      await waitFor(
        () => {
          dispatch(
            actions.networkSampled({
              connectionId: connectionId ?? '',
              sample: {
                at: storyTime + 1000 * second++,
                roundTripMs: 40,
                jitterMs: 3,
                lossReceived: 0,
                lossSent: 0,
                bitrateReceived: 30_000,
                bitrateSent: 30_000,
                silentMs: 0,
                ...change,
              },
            }),
          )
          return expect(context.canvasElement.querySelector('[data-rva-part=notice]')).toBeVisible()
        },
        { interval: 20 },
      )
    },
  }
}

export const SilentMicrophone: Story = warned({})
export const SlowNetwork: Story = warned({ roundTripMs: 700 })
export const NothingHeard: Story = warned({ bitrateReceived: 0 }, true)
