import type { MicrophoneState } from 'redux-voice-agent'
import { expect, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { getScenario, scene } from '../scenario.js'
import { neverConnects, smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Microphone and sound' }

const withMicrophone = (microphone: MicrophoneState) =>
  scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    scenario.emit({ type: 'microphoneChanged', microphone })
  })

export const Prompting: Story = {
  ...scene(({ voiceAgent, dispatch, actions }) => {
    void voiceAgent.agent.connect().catch(() => {})
    dispatch(actions.microphoneChanged({ microphone: 'prompting' }))
  }, neverConnects),
}

/** The call is established: the user hears the agent, reads the history, and types. */
export const Denied: Story = {
  ...withMicrophone('denied'),
  async play(context) {
    const { canvas, userEvent } = context
    await expect(
      canvas.getByText(/Microphone blocked/, { selector: '[data-rva-part=notice-text]' }),
    ).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Mute microphone' })).toHaveAttribute(
      'aria-disabled',
      'true',
    )
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'I will type then.{Enter}')
    await waitFor(() => expect(canvas.getAllByRole('article')).toHaveLength(5))
    await expect(getScenario(context).transport.sent).toHaveLength(1)
    await expect(canvas.getByRole('textbox', { name: 'Message' })).toHaveValue('')
  },
}

/** The user closed the permission prompt without an answer. */
export const Dismissed: Story = { ...withMicrophone('dismissed') }
export const DeniedBySystem: Story = { ...withMicrophone('denied-by-system') }
/** Muted by a switch on the device, or by a phone call. The user may mute it as well, so that it stays muted. */
export const MutedBySystem: Story = {
  ...withMicrophone('muted-by-system'),
  async play({ canvas, userEvent, ...context }) {
    await expect(canvas.getByRole('status', { name: 'Connection' })).toHaveTextContent("You're muted")
    const mute = canvas.getByRole('button', { name: 'Mute microphone' })
    await userEvent.click(mute)
    await waitFor(() => expect(mute).toHaveAttribute('aria-pressed', 'true'))
    getScenario(context).emit({ type: 'microphoneChanged', microphone: 'muted-by-system' })
    await canvas.findByText(/a switch on the device/, { selector: '[data-rva-part=notice-text]' })
  },
}
export const DeniedByPolicy: Story = { ...withMicrophone('denied-by-policy') }
export const InsecureContext: Story = { ...withMicrophone('unsupported') }
export const NoDevice: Story = { ...withMicrophone('missing') }
export const InUse: Story = { ...withMicrophone('busy') }
export const Unsuitable: Story = { ...withMicrophone('overconstrained') }

/** The only microphone was unplugged. */
export const DeviceLost: Story = {
  ...withMicrophone('ended'),
  async play(context) {
    const { canvas, userEvent } = context
    await userEvent.click(canvas.getByRole('button', { name: 'Try again' }))
    await expect(getScenario(context).actionTypes).toContain('microphoneRequested')
  },
}

/** The microphone was unplugged, and the default one is used. */
export const DeviceFellBack: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async play(context) {
    const { canvas, canvasElement } = context
    const { dispatch, actions } = getScenario(context)
    dispatch(actions.deviceFellBack({ device: 'microphone', reason: 'lost', deviceId: null }))
    await canvas.findByText(/Your microphone was disconnected/, { selector: '[data-rva-part=notice-text]' })
    await waitFor(() =>
      expect(canvasElement.querySelector('[data-urgency=polite]')).toHaveTextContent(/default is used now/),
    )
    // A dismissed notice is shown again when the same problem occurs again.
    await context.userEvent.click(canvas.getByRole('button', { name: 'Dismiss' }))
    await expect(canvas.queryByRole('button', { name: 'Dismiss' })).not.toBeInTheDocument()
    dispatch(actions.deviceFellBack({ device: 'microphone', reason: 'lost', deviceId: null }))
    await canvas.findByRole('button', { name: 'Dismiss' })
  },
}

export const Muted: Story = {
  ...withMicrophone('live'),
  async play(context) {
    const { canvas, userEvent } = context
    const { actionTypes, emit } = getScenario(context)
    const mute = canvas.getByRole('button', { name: 'Mute microphone' })
    await expect(mute).toHaveAttribute('aria-pressed', 'false')
    await userEvent.click(mute)
    await expect(actionTypes).toContain('muteRequested')
    emit({ type: 'microphoneChanged', microphone: 'muted' })
    // The name stays, because `aria-pressed` has the state.
    await waitFor(() => expect(mute).toHaveAttribute('aria-pressed', 'true'))
    await expect(mute).toHaveAccessibleName('Mute microphone')
    await expect(canvas.getByRole('status', { name: 'Connection' })).toHaveTextContent("You're muted")
  },
}

export const AutoplayBlocked: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
    scenario.emit({ type: 'playbackChanged', playback: 'blocked' })
  }),
  async play(context) {
    const { canvas, canvasElement, userEvent } = context
    const { actionTypes, emit } = getScenario(context)
    await userEvent.click(canvas.getByRole('button', { name: 'Play sound' }))
    await expect(actionTypes).toContain('resumePlaybackRequested')
    // Announced, because the user can't hear it.
    emit({ type: 'assistantTurnStarted', turnId: 'unheard' })
    emit({ type: 'assistantTextAppended', turnId: 'unheard', delta: 'Are you still there?' })
    emit({ type: 'assistantTurnCompleted', turnId: 'unheard' })
    await waitFor(() =>
      expect(canvasElement.querySelector('[data-urgency=polite]')).toHaveTextContent('Are you still there?'),
    )
  },
}
