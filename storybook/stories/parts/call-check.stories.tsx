import { type CallCheckStep, VoiceAgentError } from 'redux-voice-agent'
import { VoiceAssistantCallCheck } from 'redux-voice-agent/react'
import { expect, waitFor } from 'storybook/test'
import { assistant, type Story } from '../../meta.js'
import { part } from '../../part.js'
import { type Scenario, scene } from '../../scenario.js'

export default { ...assistant, title: 'Parts/Call check' }

const step = (
  name: CallCheckStep['name'],
  status: CallCheckStep['status'],
  rest: Partial<CallCheckStep> = {},
): CallCheckStep => ({ name, status, finding: null, error: null, ...rest })

/** Replaces the check, because a story opens no microphone. Tests check with a real one. */
const finding = (...steps: CallCheckStep[]) =>
  scene(({ voiceAgent: { agent } }: Scenario) => {
    agent.checkCall = async (onChange = () => {}) => {
      onChange(steps)
      return steps
    }
  })

const open: Story['play'] = async ({ canvas, canvasElement, userEvent }) => {
  await userEvent.click(canvas.getByRole('button', { name: 'Check sound and connection' }))
  await waitFor(() => expect(canvas.getAllByRole('listitem')).toHaveLength(4))
  await expect(canvasElement.querySelector('.own-part')).not.toBeNull()
  await expect(canvas.getByRole('button', { name: 'Close the check' })).toHaveFocus()
}

export const Passed: Story = part(
  VoiceAssistantCallCheck,
  finding(
    step('microphone', 'passed'),
    step('server', 'passed'),
    step('connection', 'passed'),
    step('relay', 'passed'),
  ),
  open,
)

export const Running: Story = part(
  VoiceAssistantCallCheck,
  finding(
    step('microphone', 'warning', { finding: 'silent' }),
    step('server', 'running'),
    step('connection', 'waiting'),
    step('relay', 'waiting'),
  ),
  open,
)

export const Failed: Story = part(
  VoiceAssistantCallCheck,
  finding(
    step('microphone', 'failed', { finding: 'denied' }),
    step('server', 'failed', {
      error: {
        code: 'signalling-unavailable',
        message: new VoiceAgentError('signalling-unavailable').message,
        recoverable: true,
      },
    }),
    step('connection', 'skipped'),
    step('relay', 'warning', { finding: 'no-relay' }),
  ),
  open,
)
