import type { ToolCall } from 'redux-voice-agent'
import { preloadVoiceAssistant } from 'redux-voice-agent/react'
import { expect, userEvent, waitFor } from 'storybook/test'
import { storyTime } from '../clock.js'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, scene } from '../scenario.js'
import { rehydrate, userSays } from '../script.js'

export default { ...assistant, title: 'Assistant/Tools' }

const order = { product: 'Tarn kettle', quantity: 1, payment: 'invoice' }

async function askForApproval(scenario: Scenario) {
  await preloadVoiceAssistant()
  await scenario.call()
  userSays(scenario, 'Order one Tarn kettle, please.')
  scenario.emit({ type: 'toolCallStarted', toolCallId: 'order-1', name: 'placeOrder', arguments: order })
  scenario.emit({ type: 'toolApprovalNeeded', toolCallId: 'order-1' })
}

/** A call that is waiting for the user. It shows the arguments, and nothing runs before the user decides. */
export const NeedsApproval: Story = {
  ...scene(askForApproval),
  async play({ canvas }) {
    await expect(canvas.getByRole('alert')).toHaveTextContent('Place order? The agent needs your approval.')
    await expect(canvas.getByRole('group', { name: 'Place order?' })).toHaveTextContent('Tarn kettle')
    await expect(canvas.getByRole('button', { name: 'Approve' })).toBeVisible()
    await expect(canvas.getByRole('status', { name: 'Connection' })).toHaveTextContent('Approval needed')
  },
}

/** The user approves with the keyboard. Focus stays in the conversation. */
export const Approved: Story = {
  ...scene(askForApproval),
  async play(context) {
    const { canvas } = context
    canvas.getByRole('button', { name: 'Approve' }).focus()
    await userEvent.keyboard('{Enter}')
    const { transport } = getScenario(context)
    await waitFor(() =>
      expect(transport.sent.at(-1)).toEqual({
        type: 'tool-approval',
        toolCallId: 'order-1',
        isApproved: true,
      }),
    )
    await expect(canvas.queryByRole('button', { name: 'Approve' })).toBeNull()
    await expect(document.activeElement).toHaveAttribute('data-rva-part', 'viewport')
  },
}

/** The user declines, and the agent is notified. */
export const Declined: Story = {
  ...scene(askForApproval),
  async play(context) {
    const { canvas } = context
    await userEvent.click(canvas.getByRole('button', { name: 'Decline' }))
    await waitFor(() => expect(canvas.getByText('Place order: declined')).toBeVisible())
    await expect(getScenario(context).transport.sent.at(-1)).toMatchObject({ isApproved: false })
  },
}

const settled = (tool: Omit<ToolCall, 'name' | 'arguments'>) =>
  scene((scenario) => {
    rehydrate(scenario, [
      {
        id: '1',
        role: 'user',
        text: 'Order one Tarn kettle, please.',
        status: 'final',
        createdAt: storyTime - 60_000,
      },
      {
        id: 'order-1',
        role: 'tool',
        text: '',
        status: 'interrupted',
        createdAt: storyTime - 59_000,
        tool: { name: 'placeOrder', arguments: order, ...tool },
      },
    ])
  })

/** The page was reloaded while the tool ran. It may have taken effect, and is not run again. */
export const OutcomeUnknown: Story = {
  ...settled({ status: 'unknown' }),
  async play({ canvas }) {
    await expect(canvas.getByText('Place order: outcome unknown')).toBeVisible()
  },
}

/** The page was reloaded before the user decided. Nothing has run. */
export const CancelledByReload: Story = {
  ...settled({ status: 'cancelled', cancelledBy: 'reload' }),
  async play({ canvas }) {
    await expect(canvas.getByText(/cancelled, because the page was reloaded/)).toBeVisible()
  },
}
