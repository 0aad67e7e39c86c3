import { asVoiceAgentError, chosenDevices, VoiceAgentError } from '../../../store/index.js'
import { type Attempt, type CallConnections, createConnections } from './call-connections.js'
import type { CallStart, Retries } from './driver.js'
import type { CallMedia, Network } from './ports.js'
import { createSampling } from './sampling.js'

/** Milliseconds after which a connection is stable: attempts are counted from the start after it. */
const stableAfterMs = 10_000

/**
 * Runs a call until the agent hangs up or it can't continue. The caller ends it by aborting `signal`.
 *
 * @param options.isRestored True for a call from before a reload: its first connection is then retried, too.
 * @param options.hasConnectedBefore True if there was a call in this session: the agent may still have it.
 * @returns the error that ended it; null if the agent hung up.
 */
async function runCall(
  connections: CallConnections,
  {
    retries,
    network,
    signal,
    isRestored,
    hasConnectedBefore,
  }: {
    retries: Retries
    network: Pick<Network, 'watchPageExit'>
    signal: AbortSignal
    isRestored: boolean
    hasConnectedBefore: boolean
  },
): Promise<VoiceAgentError | null> {
  const leaving = network.watchPageExit()
  let next: Attempt = { attempt: 0, renew: false }
  let isResumed = hasConnectedBefore
  let canRetry = isRestored
  try {
    for (;;) {
      let error: VoiceAgentError
      const attemptSignal = retries.begin()
      try {
        const end = await connections.connect(next, isResumed, attemptSignal, retries.succeeded)
        if (end.by === 'agent') return null
        if (end.by === 'replacement' && (end.isSwitch || end.lastedMs >= stableAfterMs)) {
          next = { attempt: 0, renew: false }
          isResumed = true
          // The app that switches hears of a failure, and can switch back.
          canRetry = !end.isSwitch
          continue
        }
        // A server that announces the end of each connection must not be called without a pause.
        error = end.by === 'loss' ? end.error : new VoiceAgentError('connection-lost')
        // A connection that breaks down immediately must not reset the count, or it would be retried for ever.
        next = { attempt: end.lastedMs >= stableAfterMs ? 0 : next.attempt, renew: false }
        isResumed = canRetry = true
      } catch (thrown) {
        signal.throwIfAborted()
        if (attemptSignal.aborted) continue
        error = asVoiceAgentError(thrown)
        const msUntilStays = leaving.remainingMs()
        if (error.recoverable && msUntilStays > 0) {
          // The end of the page cut it off. Stored as a failure, it would prevent the next page from calling again.
          await retries.wait(msUntilStays)
          continue
        }
        if (error.code === 'unauthorized' && !next.renew) {
          next = { ...next, renew: true }
          continue
        }
      }
      // The wait was the old transport's.
      if (connections.isReplaced()) {
        next = { attempt: 0, renew: false }
        continue
      }
      if (!error.recoverable || !canRetry) return error
      const attempt = await retries.waitAfter(next.attempt, error.retryAfterMs)
      if (!attempt) return new VoiceAgentError('reconnect-exhausted', undefined, { cause: error })
      next = { attempt, renew: false }
    }
  } finally {
    leaving.stop()
  }
}

type Preparation = Pick<CallStart, 'call' | 'parts' | 'ports' | 'report'> &
  Partial<Pick<CallStart, 'isHandover'>>

/** Begins the media of a call, with the devices that are chosen by now. A call that has begun them keeps them. */
function beginMedia({ call, parts, ports, report, isHandover }: Preparation): CallMedia {
  const chosen = chosenDevices(ports.present().connection)
  // The other tab still has the microphone.
  call.media ??= parts.media.begin(isHandover ? { ...chosen, talk: 'text' } : chosen, {
    onMicrophone: (microphone, error) =>
      report({ name: 'microphoneChanged', payload: error ? { microphone, error } : { microphone } }),
    onPlayback: (playback) => report({ name: 'playbackChanged', payload: { playback } }),
    onFallback: (fallback, deviceId) =>
      report({ name: 'deviceFellBack', payload: { ...fallback, deviceId } }),
  })
  return call.media
}

/** Opens what the first connection of the call needs, while its session is being made. */
export function prepareCall(preparation: Preparation): void {
  const { peer } = preparation.parts.transport
  if (peer) beginMedia(preparation).preparePeer?.(peer)
}

/**
 * Makes the connections of a call until it is over. Loaded with the first call, so that a page without one does not load the code of
 * connections, tools and samples.
 *
 * @returns why it ended; null when the agent hung up.
 */
export async function makeCall({
  call,
  parts,
  ports,
  report,
  epoch,
  sessionId,
  isRestored,
  isSwitched,
  isHandover,
}: CallStart): Promise<VoiceAgentError | null> {
  const { network, present } = ports
  const { signal } = call.abort
  const media = beginMedia({ call, parts, ports, report, isHandover })
  const sampling = createSampling({ media, visibility: parts.visibility, report })
  signal.addEventListener('abort', sampling.stop)
  call.connections = createConnections({
    ...ports,
    transport: parts.transport,
    media,
    createFrameScheduler: parts.createFrameScheduler,
    sampling,
    report,
    signal,
    sessionId,
    isSwitched,
    isHandover,
    getToken: (options) => ports.getToken(epoch, options),
    memo: ports.memo(epoch),
    onContext: (messageIds) => ports.feed({ type: 'contextRead', callId: call.id, messageIds }),
  })
  try {
    return await runCall(call.connections, {
      retries: call.retries,
      network,
      signal,
      isRestored,
      hasConnectedBefore: isRestored || present().stats.startedAt !== null,
    })
  } finally {
    sampling.stop()
  }
}
