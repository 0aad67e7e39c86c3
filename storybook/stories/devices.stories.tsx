import { expect, waitFor } from 'storybook/test'
import { deskDevices, plugIn, unnamedDevices } from '../devices.js'
import { assistant, type Story } from '../meta.js'
import { getScenario, scene } from '../scenario.js'
import { smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Devices' }

const callWith = (devices: MediaDeviceInfo[]) =>
  scene(async (scenario) => {
    plugIn(devices)
    await scenario.call()
    smallTalk(scenario)
  })

const open: Story['play'] = async ({ canvas, userEvent }) => {
  await userEvent.click(canvas.getByRole('button', { name: 'Microphone and speaker' }))
  await canvas.findByRole('group', { name: 'Microphone and speaker' })
}

export const DeviceMenu: Story = {
  ...callWith(deskDevices),
  async play(context) {
    const { canvas, userEvent } = context
    const { store } = getScenario(context)
    const trigger = canvas.getByRole('button', { name: 'Microphone and speaker' })
    await expect(trigger).toHaveAttribute('aria-expanded', 'false')
    trigger.focus()
    await userEvent.keyboard('{Enter}')
    const microphone = await canvas.findByRole('combobox', { name: 'Microphone' })
    await expect(trigger).toHaveAttribute('aria-expanded', 'true')
    await expect(canvas.getByRole('option', { name: 'System default (Desk microphone)' })).toBeInTheDocument()
    await userEvent.tab()
    await expect(microphone).toHaveFocus()
    await userEvent.selectOptions(microphone, 'Headset')
    await expect(store.getState().voiceAgent.connection.microphoneId).toBe('headset-microphone')
    await userEvent.tab()
    await expect(canvas.getByRole('combobox', { name: 'Speaker' })).toHaveFocus()
    await userEvent.selectOptions(canvas.getByRole('combobox', { name: 'Speaker' }), 'Headset')
    await expect(store.getState().voiceAgent.connection.speakerId).toBe('headset-speakers')
    await userEvent.tab()
    await expect(canvas.getByRole('slider', { name: 'Volume' })).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    // Escape returns the focus to the button and does not end the call.
    await expect(trigger).toHaveFocus()
    await expect(canvas.queryByRole('combobox')).not.toBeInTheDocument()
    await expect(canvas.getByRole('status', { name: 'Connection' })).toHaveAttribute(
      'data-state',
      'connected',
    )
    await userEvent.click(trigger)
    await userEvent.click(canvas.getByRole('textbox', { name: 'Message' }))
    await waitFor(() => expect(canvas.queryByRole('combobox')).not.toBeInTheDocument())
    await userEvent.click(trigger)
    await expect(await canvas.findByRole('combobox', { name: 'Microphone' })).toHaveValue(
      'headset-microphone',
    )
  },
}

export const DeviceMenuDark: Story = { ...callWith(deskDevices), globals: { theme: 'dark' }, play: open }

export const DeviceMenuW320: Story = {
  ...callWith(deskDevices),
  parameters: { width: 320 },
  async play(context) {
    await open(context)
    await context.canvas.findAllByRole('combobox')
    const root = context.canvasElement.querySelector('[data-rva-part=root]') as HTMLElement
    const panel = context.canvas.getByRole('group', { name: 'Microphone and speaker' })
    const [outer, inner] = [root.getBoundingClientRect(), panel.getBoundingClientRect()]
    await expect(inner.left).toBeGreaterThanOrEqual(outer.left)
    await expect(inner.right).toBeLessThanOrEqual(outer.right)
    // The status stays readable.
    const header = root.querySelector('[data-rva-part=header]') as HTMLElement
    await expect(inner.top).toBeGreaterThanOrEqual(header.getBoundingClientRect().bottom)
    for (const select of context.canvas.getAllByRole('combobox'))
      await expect(select.getBoundingClientRect().height).toBeGreaterThanOrEqual(44)
  },
}

/** In an assistant as low as its contents, every setting is visible below the header. */
export const DeviceMenuLow: Story = {
  ...callWith(deskDevices),
  parameters: { height: 420 },
  async play(context) {
    await open(context)
    const root = context.canvasElement.querySelector('[data-rva-part=root]') as HTMLElement
    const header = root.querySelector('[data-rva-part=header]') as HTMLElement
    const panel = context.canvas.getByRole('group', { name: 'Microphone and speaker' })
    await waitFor(() => expect(context.canvas.getAllByRole('combobox')).toHaveLength(4))
    await expect(panel.scrollHeight).toBe(panel.clientHeight)
    await expect(panel.getBoundingClientRect().top).toBeGreaterThanOrEqual(
      header.getBoundingClientRect().bottom,
    )
  },
}

/** Browsers do not name devices until the user allows the microphone. */
export const NamesHidden: Story = {
  ...scene(() => plugIn(unnamedDevices)),
  async play(context) {
    await open(context)
    await context.canvas.findByText(/appear here after you allow the microphone/)
    await expect(context.canvas.queryByRole('combobox', { name: 'Microphone' })).not.toBeInTheDocument()
  },
}

export const NoDevices: Story = {
  ...scene(async (scenario) => {
    plugIn([])
    await scenario.call()
    scenario.emit({ type: 'microphoneChanged', microphone: 'missing' })
  }),
  async play(context) {
    await open(context)
    const panel = context.canvas.getByRole('group', { name: 'Microphone and speaker' })
    await waitFor(() => expect(panel).toHaveTextContent(/No microphone found/))
  },
}

/** The agent can't be heard, so screen readers announce its turns. */
export const OutputMuted: Story = {
  ...callWith(deskDevices),
  async play(context) {
    const { canvasElement } = context
    const { emit, voiceAgent } = getScenario(context)
    await open(context)
    voiceAgent.agent.setVolume(0)
    emit({ type: 'assistantTurnStarted', turnId: 'unheard' })
    emit({ type: 'assistantTextAppended', turnId: 'unheard', delta: 'Shall I order it?' })
    emit({ type: 'assistantTurnCompleted', turnId: 'unheard' })
    await waitFor(() =>
      expect(canvasElement.querySelector('[data-urgency=polite]')).toHaveTextContent('Shall I order it?'),
    )
    await expect(await context.canvas.findByRole('slider')).toHaveAttribute('aria-valuetext', '0%')
  },
}

const atLevel = (level: number): Story => ({
  ...callWith(deskDevices),
  async play(context) {
    const { canvasElement } = context
    const { emit, store } = getScenario(context)
    const meter = canvasElement.querySelector('[data-of=microphone]') as HTMLElement
    const before = store.getState()
    emit({ type: 'audioLevel', source: 'microphone', level })
    await waitFor(() => expect(meter.style.getPropertyValue('--rva-level-in')).toBe(String(level)))
    // The level is only visual, and not in the store.
    await expect(meter).toHaveAttribute('aria-hidden', 'true')
    await expect(store.getState()).toBe(before)
  },
})

export const LevelSilent = atLevel(0)
export const LevelHalf = atLevel(0.5)
export const LevelFull = atLevel(1)
