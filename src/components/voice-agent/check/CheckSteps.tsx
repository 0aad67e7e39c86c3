import { useEffect, useState } from 'react'
import { toVoiceError, type VoiceError } from '../../../../store/index.js'
import type { CallCheckStep } from '../../../lib/voice-agent/check/call-check.js'
import { checkIcon } from '../panels/icons.js'
import { dotIcon, Icon, warningIcon } from '../parts/icons.js'
import { Styles } from '../parts/Styles.js'
import { useAssistantView } from '../parts/view-context.js'
import { checkStyles } from '../styles/check.js'
import { checkTexts } from '../texts/en-check.js'
import { errorTexts } from '../texts/en-errors.js'
import type { CheckTexts, PanelTexts } from '../texts/types.js'

type Texts = CheckTexts & Pick<PanelTexts, 'errors'>

/** Returns the finding of a step, with its remedy. */
function findingOf({ status, finding, error, name }: CallCheckStep, texts: Texts): string {
  if (finding === 'silent') return texts.checkSilent
  if (finding === 'no-relay') return texts.checkNoRelay
  if (finding) return texts.errors[`microphone-${finding}`]
  if (error) return texts.errors[error.code]
  return status === 'passed' ? texts.checkPassed[name] : texts.checkStatus[status]
}

/**
 * Runs the check while mounted, and announces each result.
 *
 * @param props.onStopped Called if the check is stopped, for example because the user signs out, or if its code could not be loaded.
 */
export function CheckSteps({ onStopped }: { onStopped: (error: VoiceError) => void }) {
  const view = useAssistantView()
  const texts: Texts = { errors: errorTexts, ...checkTexts, ...view.texts }
  const { agent } = view.source
  const [steps, setSteps] = useState<readonly CallCheckStep[]>([])
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    agent
      ?.checkCall(setSteps, { signal })
      .catch((error: unknown) => signal.aborted || onStopped(toVoiceError(error)))
    return () => controller.abort()
  }, [agent, onStopped])
  const isDone = (step: CallCheckStep) => step.status !== 'waiting' && step.status !== 'running'
  return (
    <>
      <Styles sheet={checkStyles} />
      <ul data-rva-part="check-steps">
        {steps.map((step) => (
          <li key={step.name} data-rva-part="check-step" data-status={step.status}>
            <Icon
              drawing={
                step.status === 'passed'
                  ? checkIcon
                  : step.status === 'failed' || step.status === 'warning'
                    ? warningIcon
                    : dotIcon
              }
            />
            <span>
              <b>{texts.checkSteps[step.name]}</b> {findingOf(step, texts)}
            </span>
          </li>
        ))}
      </ul>
      <p data-rva-part="announcer" role="status" aria-atomic="false">
        {steps.filter(isDone).map((step) => (
          <span key={step.name}>
            {texts.checkSteps[step.name]} {findingOf(step, texts)}{' '}
          </span>
        ))}
      </p>
    </>
  )
}
