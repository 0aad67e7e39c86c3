import type { VoiceAgentMiddleware } from '../../../../middleware/index.js'
import { isCallWanted, VoiceAgentError } from '../../../../store/index.js'
import type { VoiceAgentEvents } from '../agent/agent-events.js'
import type { Emitter } from '../agent/emitter.js'
import type { ResolvedOptions } from '../options/resolve-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'
import type { CallCheckOptions, CallCheckStep } from './call-check.js'

/** Checks before a call, one at a time. Their code is loaded with the first one. */
export interface CallChecks {
  /** See `WebRTCVoiceAgent.checkCall`. */
  run(onChange: CallCheckOptions['onChange'], signal?: AbortSignal): Promise<readonly CallCheckStep[]>
  /** Stops the running check, which rejects with the error. */
  stop(error: VoiceAgentError): void
}

interface CheckPorts extends Pick<VoiceAgentMiddleware, 'track' | 'present'> {
  events: Emitter<VoiceAgentEvents>
  options: ResolvedOptions
}

export function createCallChecks({ track, present, events, options }: CheckPorts): CallChecks {
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
        // The call opens the same microphone.
        const unsubscribe = events.on('connectionStateChanged', (status) => {
          if (isCallWanted(status)) stopped.abort(callOn())
        })
        try {
          const { importCallCheck } = await importWithUnloadRetry(() => import('../agent/runtime-chunk.js'))
          const { checkCall } = await importWithUnloadRetry(importCallCheck)
          stopped.signal.throwIfAborted()
          const either = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal
          const steps = await checkCall({ options, devices: connection, signal: either, onChange })
          stopped.signal.throwIfAborted()
          return steps
        } finally {
          unsubscribe()
        }
      }),
    stop: (error) => stopCurrent(error),
  }
}
