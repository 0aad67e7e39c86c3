import { expect, fireEvent, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { neverConnects, smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Ways to talk' }

async function pushToTalk(scenario: Scenario) {
  scenario.voiceAgent.agent.setTalkMode('push-to-talk')
  await scenario.voiceAgent.agent.connect()
  scenario.emit({ type: 'microphoneChanged', microphone: 'muted' })
  smallTalk(scenario)
}

const textOnly = ({ voiceAgent }: Scenario) => voiceAgent.agent.setTalkMode('text')

export const PushToTalk: Story = {
  ...scene(pushToTalk),
  async play({ canvas }) {
    await expect(canvas.getByText('Hold to talk')).toBeVisible()
    const button = canvas.getByRole('button', { name: 'Hold to talk' })
    await waitFor(() => expect(button).not.toHaveAttribute('aria-disabled'))
    await expect(button).toHaveAttribute('aria-pressed', 'false')
  },
}

/** The pointer is down. */
export const Talking: Story = {
  ...scene(pushToTalk),
  async play(context) {
    const { canvas, userEvent } = context
    const button = canvas.getByRole('button', { name: 'Hold to talk' })
    await waitFor(() => expect(button).not.toHaveAttribute('aria-disabled'))
    await userEvent.pointer({ keys: '[MouseLeft>]', target: button })
    await expect(button).toHaveAttribute('aria-pressed', 'true')
    await expect(getScenario(context).transport.sent.at(-1)).toEqual({ type: 'interrupt' })
  },
}

/** Held by a key, tapped by a key, and clicked by assistive technology. */
export const TalkingByKeyboard: Story = {
  ...scene(pushToTalk),
  async play(context) {
    const { canvas, userEvent } = context
    const button = canvas.getByRole('button', { name: 'Hold to talk' })
    const isPressed = (pressed: boolean) => expect(button).toHaveAttribute('aria-pressed', String(pressed))
    await waitFor(() => expect(button).not.toHaveAttribute('aria-disabled'))
    button.focus()
    await userEvent.keyboard('[Space>]')
    await isPressed(true)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await userEvent.keyboard('[/Space]')
    await isPressed(false)
    // A tap talks until the next one.
    await userEvent.keyboard('[Enter]')
    await isPressed(true)
    await userEvent.keyboard('[Enter]')
    await isPressed(false)
    await fireEvent.click(button, { detail: 0 })
    await isPressed(true)
    await fireEvent.click(button, { detail: 0 })
    await isPressed(false)
    // A key that is still held when the button loses the focus.
    await userEvent.keyboard('[Space>]')
    await userEvent.tab()
    await isPressed(false)
    await userEvent.keyboard('[/Space]')
  },
}

/** Sending begins the call, without a microphone. */
export const TextOnly: Story = {
  ...scene(textOnly, neverConnects),
  async play({ canvas, userEvent }) {
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Do you have tea cups?{Enter}')
    await expect(canvas.getByRole('button', { name: 'Cancel' })).toBeVisible()
    await expect(canvas.getByText('Waiting to be sent')).toBeInTheDocument()
  },
}

export const TextOnlyConnected: Story = {
  ...scene(async (scenario) => {
    textOnly(scenario)
    await scenario.voiceAgent.agent.connect()
    smallTalk(scenario)
  }),
  async play({ canvas }) {
    await expect(canvas.getByText('Typing only')).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Turn on the microphone' })).toBeVisible()
  },
}

/** Voice is added in the same call; the button keeps focus. */
export const VoiceAdded: Story = {
  ...TextOnlyConnected,
  async play(context) {
    const { canvas, userEvent } = context
    const button = canvas.getByRole('button', { name: 'Turn on the microphone' })
    await userEvent.click(button)
    getScenario(context).emit({ type: 'microphoneChanged', microphone: 'live' })
    await waitFor(() => expect(button).toHaveAccessibleName('Mute microphone'))
    await expect(button).toHaveFocus()
  },
}

/** The device menu sets how the user talks. */
export const Chosen: Story = {
  ...scene(async (scenario) => {
    await scenario.call()
    smallTalk(scenario)
  }),
  async play(context) {
    const { canvas, userEvent } = context
    await userEvent.click(canvas.getByRole('button', { name: 'Microphone and speaker' }))
    const select = await canvas.findByRole('combobox', { name: 'How you talk' })
    await userEvent.selectOptions(select, 'Push to talk')
    await canvas.findByRole('button', { name: 'Hold to talk' })
    await expect(
      getScenario(context).voiceAgent.selectors.selectConnection(getScenario(context).store.getState()).talk,
    ).toBe('push-to-talk')
  },
}

/** The dock has grown, so the panel scrolls below the header instead of covering the status. */
export const ChosenNarrow: Story = {
  ...Chosen,
  parameters: { width: 342 },
  async play(context) {
    await Chosen.play?.(context)
    const { canvas, canvasElement } = context
    const header = canvasElement.querySelector('[data-rva-part=header]') as HTMLElement
    const panel = canvas.getByRole('group', { name: 'Microphone and speaker' })
    await waitFor(() =>
      expect(panel.getBoundingClientRect().top).toBeGreaterThanOrEqual(header.getBoundingClientRect().bottom),
    )
  },
}
