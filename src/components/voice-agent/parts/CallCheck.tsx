import { useCallback, useState } from 'react'
import type { VoiceError } from '../../../../store/index.js'
import { loadChunk } from '../../../lib/voice-agent/page/page-exit.js'
import { selectIsCallOn } from '../selectors.js'
import { definePart } from './Isolated.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

type CheckCode = typeof import('../check/CheckSteps.js')

/**
 * A button that checks the microphone and the connection before a call, and shows the findings with the next steps. Its code loads when it is
 * pressed. Disabled during a call; starting a call ends the check.
 */
export const CallCheck = definePart(function CallCheck({ className }: PartProps) {
  const { texts } = useAssistantView()
  const isCallOn = useViewState(selectIsCallOn)
  const [state, setState] = useState<'closed' | 'open' | 'failed'>('closed')
  const [Steps, setSteps] = useState<CheckCode['CheckSteps'] | null>(null)
  const isOpen = state === 'open' && !isCallOn
  if (state === 'open' && isCallOn) setState('closed')
  // A call that begins has closed it already.
  const onStopped = useCallback(({ code }: VoiceError) => {
    const next = code === 'chunk-load-failed' ? 'failed' : 'closed'
    setState((now) => (now === 'open' ? next : now))
  }, [])
  const press = () => {
    if (isCallOn) return
    if (isOpen) return setState('closed')
    setState('open')
    loadChunk(() => import('../check/CheckSteps.js')).then(
      ({ CheckSteps }) => setSteps(() => CheckSteps),
      // Ignored if the user or a call has closed it meanwhile.
      () => setState((now) => (now === 'open' ? 'failed' : now)),
    )
  }
  return (
    <div data-rva-part="call-check" className={className}>
      <button
        type="button"
        data-rva-part="notice-action"
        aria-expanded={isOpen}
        aria-disabled={isCallOn || undefined}
        onClick={press}
      >
        {isOpen ? texts.closeCheck : texts.checkCall}
      </button>
      {state === 'failed' && <p role="alert">{texts.checkNotLoaded}</p>}
      {isOpen && Steps && <Steps onStopped={onStopped} />}
    </div>
  )
})
