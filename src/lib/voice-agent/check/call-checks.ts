import { isCallWanted, VoiceAgentError } from '../../../../store/index.js'
import type { AgentCore } from '../agent/agent-core.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import type { CallCheckOptions, CallCheckStep } from './call-check.js'

/** Checks before a call, one at a time. Their code is loaded with the first one. */
export interface CallChecks {
  /** See `WebRTCVoiceAgent.checkCall`. */
  run(onChange: CallCheckOptions['onChange'], signal?: AbortSignal): Promise<readonly CallCheckStep[]>
  /** Stops the running check, which rejects with the error. */
  stop(error: VoiceAgentError): void
}

export function createCallChecks({ track, present, events, onSignOut, options }: AgentCore): CallChecks {
  let stopCurrent: CallChecks['stop'] = () => {}
  return {
    run: (onChange, signal) =>
      track(async () => {
        const { connection } = present()
        const callOn = () => new VoiceAgentError('call-on', 'checkCall() must be called without a call.')
        if (isCallWanted(connection.status)) throw callOn()
        stopCurrent(new VoiceAgentError('superseded'))
        const stopped = new AbortController()
        stopCurrent = (error) => stopped.abort(error)
        const subscriptions = [
          // The call opens the same microphone.
          events.on('connectionStateChanged', (status) => {
            if (isCallWanted(status)) stopped.abort(callOn())
          }),
          onSignOut(() => stopped.abort(new VoiceAgentError('superseded'))),
        ]
        try {
          const { importCallCheck } = await importWithUnloadRetry(() => import('../agent/runtime-chunk.js'))
          const { checkCall } = await importWithUnloadRetry(importCallCheck)
          stopped.signal.throwIfAborted()
          const either = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal
          const steps = await checkCall({ options, devices: connection, signal: either, onChange })
          stopped.signal.throwIfAborted()
          return steps
        } finally {
          for (const unsubscribe of subscriptions) unsubscribe()
        }
      }),
    stop: (error) => stopCurrent(error),
  }
}
