import { asVoiceAgentError, chosenDevices, errorCodes, VoiceAgentError } from '../../../store/index.js'
import { type Attempt, type CallConnections, createConnections } from './call-connections.js'
import type { CallStart } from './driver.js'
import type { CallMedia, Network } from './page-ports.js'
import type { Retries } from './retries.js'
import { createSampling } from './sampling.js'

/** Wraps an error with an unknown code, which a transport in plain JavaScript may throw, because no text explains it. */
function asKnownError(thrown: unknown): VoiceAgentError {
  const error = asVoiceAgentError(thrown)
  return errorCodes.includes(error.code)
    ? error
    : new VoiceAgentError('internal', undefined, { cause: error })
}

/** Milliseconds after which a connection counts as stable, which resets the attempt count. */
const STABLE_AFTER_MS = 10_000

/**
 * Runs a call until the agent hangs up or it can't continue. The caller ends it by aborting `signal`.
 *
 * @param options.isRestored True for a call that continues after a reload, so that even its first connection is retried.
 * @param options.hasConnectedBefore True if the session had a call before, so that the agent may still have it.
 * @returns the error that ended the call; null if the agent hung up.
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
  const pageExit = network.watchPageExit()
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
        const isSwitch = connections.isReplaced()
        if (end.by === 'replacement' && (isSwitch || end.lastedMs >= STABLE_AFTER_MS)) {
          next = { attempt: 0, renew: false }
          isResumed = true
          // If the switch fails, the app receives the error and can switch back.
          canRetry = !isSwitch
          continue
        }
        // Without a pause, a server that ends each connection right away would be flooded with requests.
        error = end.by === 'loss' ? end.error : new VoiceAgentError('connection-lost')
        // A connection that breaks immediately must not reset the count, or it would be retried forever.
        next = { attempt: end.lastedMs >= STABLE_AFTER_MS ? 0 : next.attempt, renew: false }
        isResumed = canRetry = true
      } catch (thrown) {
        signal.throwIfAborted()
        if (attemptSignal.aborted) continue
        error = asKnownError(thrown)
        const remainingMs = pageExit.remainingMs()
        if (error.recoverable && remainingMs > 0) {
          // The page exit aborted the attempt. If that were stored as a failure, the next page would not reconnect.
          await retries.wait(remainingMs)
          continue
        }
        if (error.code === 'unauthorized' && !next.renew) {
          next = { ...next, renew: true }
          continue
        }
      }
      // A switched transport connects without the wait of the old one.
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
    pageExit.stop()
  }
}

type Preparation = Pick<CallStart, 'call' | 'parts' | 'ports' | 'report'> &
  Partial<Pick<CallStart, 'isHandover'>>

/** Starts the call's media with the currently chosen devices, or applies these to media that were started before the session was read. */
function beginMedia({ call, parts, ports, report, isHandover }: Preparation): CallMedia {
  const chosen = chosenDevices(ports.present().connection)
  call.media?.setChoices(chosen)
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

/** Prepares the media and the peer connection for the call's first connection, while its session is being created. */
export function prepareCall(preparation: Preparation): void {
  const { peer } = preparation.parts.transport
  if (peer) beginMedia(preparation).preparePeer?.(peer)
}

/**
 * Runs a call until it ends. Loaded with the first call, so that a page without a call doesn't load the code for
 * connections, tools and samples.
 *
 * @returns the error that ended the call; null if the agent hung up.
 */
export async function makeCall({
  call,
  parts,
  ports,
  report,
  epoch,
  sessionId,
  isRestored,
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
    call,
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
