import type { MirrorStatus } from 'redux-voice-agent'
import { expect, waitFor } from 'storybook/test'
import { assistant, type Story } from '../meta.js'
import { getScenario, type Scenario, type Script, scene } from '../scenario.js'
import { smallTalk } from '../script.js'

export default { ...assistant, title: 'Assistant/Several tabs' }

const mirrorScene = (script: Script) => scene(script, undefined, true)

/** Sets the state that `redux-voice-agent/mirror` would set, without another tab. */
function mirror({ dispatch }: Scenario, status: MirrorStatus) {
  dispatch({ type: 'voiceAgent/mirrorReceived', payload: { mirror: { sessionId: 'story', status } } })
}

async function talkElsewhere(scenario: Scenario, status: MirrorStatus) {
  await scenario.call()
  smallTalk(scenario)
  mirror(scenario, status)
}

const announced = (canvasElement: HTMLElement) =>
  canvasElement.querySelector('[data-urgency=polite]')?.textContent

/** The call is in another tab: commands go there, and *Use here* moves it. */
export const Mirror: Story = {
  ...mirrorScene((scenario) => talkElsewhere(scenario, 'live')),
  async play(context) {
    const { canvas } = context
    await expect(canvas.getByText(/You're viewing another tab's conversation/)).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Use here' })).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'End conversation' })).toBeVisible()
  },
}

/** A tab that was duplicated from one with a conversation. */
export const Offered: Story = {
  ...mirrorScene((scenario) => mirror(scenario, 'offered')),
  async play({ canvas }) {
    await expect(canvas.getByText('This conversation is open in another tab.')).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Show here' })).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Use here' })).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Dismiss' })).toBeVisible()
  },
}

/** The other tab was closed, or has crashed. */
export const OwnerGone: Story = {
  ...mirrorScene((scenario) => talkElsewhere(scenario, 'live')),
  async play(context) {
    const { canvas, canvasElement } = context
    mirror(getScenario(context), 'gone')
    await canvas.findByText(/The tab with this conversation is closed/, {
      selector: '[data-rva-part=notice-text]',
    })
    await expect(canvas.getByRole('button', { name: 'Use here' })).toBeVisible()
    await waitFor(() => expect(announced(canvasElement)).toMatch(/The tab with this conversation is closed/))
  },
}

export const LookingForTheOwner: Story = {
  ...mirrorScene((scenario) => talkElsewhere(scenario, 'connecting')),
  async play({ canvas }) {
    await expect(canvas.getByText('Looking for the tab with this conversation…')).toBeVisible()
    await expect(canvas.queryByRole('button', { name: 'Use here' })).not.toBeInTheDocument()
  },
}

/** *Use here* was pressed: the agent moves here at the end of its sentence. */
export const Moving: Story = {
  ...mirrorScene((scenario) => talkElsewhere(scenario, 'moving')),
  async play({ canvas }) {
    await expect(canvas.getByText('Moving the conversation here…')).toBeVisible()
  },
}
