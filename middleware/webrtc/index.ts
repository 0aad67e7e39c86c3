import { toVoiceError, VoiceAgentError } from '../../store/index.js'
import type { StartCall } from '../call.js'
import type { HandlerContext } from '../context.js'
import type { Call } from './call.js'
import type { CallPorts, Outbox } from './call-connections.js'
import type { CallMedia, ClientMessage, MediaListener } from './ports.js'
import { createRetries, type Retries } from './retries.js'

/** Phases in which what is stored is not in the store yet: a call must wait for it, or it would begin without its past. */
const beforeRehydration = new Set([
  'checking-token',
  'validating-token',
  'refreshing-token',
  'loading-session',
  'restoring-context',
])

/** What of the media is there without a call. */
export interface IdleMedia extends Pick<CallMedia, 'setMuted' | 'close'> {
  listen(listener: MediaListener): void
}

interface LoadingPorts extends Pick<CallPorts, 'network' | 'policy'> {
  media: IdleMedia
  /** Loads what only a call needs. */
  load(): Promise<StartCall>
}

/** Drives the call: starts it, ends it, and passes on what the user does in it. */
export function handleCall(
  context: HandlerContext,
  ports: LoadingPorts,
): Pick<Call, 'flush'> & { /** Does nothing without a call. */ end(): void } {
  const { actions, selectors, startListening, dispatch, getState, clock, disposed } = context
  let running: (Call & { stop: AbortController; retries: Retries }) | null = null
  const outbox: Outbox = []

  function stop() {
    running?.stop.abort(new VoiceAgentError('disposed', 'The call was ended.'))
    running = null
    outbox.length = 0
    ports.media.close()
  }

  const isRestored = () => selectors.selectRestore(getState()).phase === 'reconnecting'

  /**
   * A call that was on before a reload asks as often as one that lost its connection: nobody has pressed anything who could press it
   * again.
   */
  async function load(retries: Retries, signal: AbortSignal): Promise<StartCall> {
    for (let attempt = 0; ; ) {
      try {
        return await ports.load()
      } catch (error) {
        if (signal.aborted) throw error
        attempt = isRestored() ? await retries.waitAfter(attempt) : 0
        if (!attempt) throw error
      }
    }
  }

  async function run(own: Call & { retries: Retries }, signal: AbortSignal, start: StartCall) {
    const call = start(outbox, { retries: own.retries, signal, isRestored: isRestored() })
    Object.assign(own, call)
    return call.done
  }

  const stopWaking = ports.network.onWake(() => running?.retries.retry())
  disposed.addEventListener('abort', () => {
    stopWaking()
    stop()
  })

  startListening({
    actionCreator: actions.connectRequested,
    effect: async (_action, api) => {
      if (running) return
      const abort = new AbortController()
      const retries = createRetries(context, ports, abort.signal)
      const own = { send: () => false, flush: () => {}, retries, stop: abort }
      running = own
      // Side by side with what is waited for; a failure is looked at below.
      const loading = load(retries, abort.signal)
      // Only then is it known whether there is anything to wait for: a page that calls at once does so before it restores.
      await loading.catch(() => undefined)
      const isPastRehydration = () => !beforeRehydration.has(selectors.selectRestore(getState()).phase)
      // `condition` looks at the next action first, not at the state as it is.
      if (!isPastRehydration()) await api.condition(() => abort.signal.aborted || isPastRehydration())
      const end = await loading.then(
        (start) => (abort.signal.aborted ? null : run(own, abort.signal, start)),
        (error: unknown) => actions.connectionFailed({ error: toVoiceError(error), at: clock.now() }),
      )
      if (running !== own) return
      // Before anyone hears of it: who hears may call again at once.
      running = null
      ports.media.close()
      if (end) dispatch(end)
    },
  })

  function end() {
    if (!running) return
    stop()
    dispatch(actions.connectionClosed({ by: 'user', at: clock.now() }))
  }

  startListening({ actionCreator: actions.disconnectRequested, effect: end })
  startListening({ actionCreator: actions.retryRequested, effect: () => running?.retries.retry() })

  function send(message: ClientMessage) {
    if (!running?.send(message) && running) outbox.push(message)
  }

  startListening({
    actionCreator: actions.sendTextRequested,
    effect: ({ payload }) => send({ type: 'text', id: payload.id, text: payload.text }),
  })
  startListening({
    actionCreator: actions.clientMessageRequested,
    effect: ({ payload }) => send({ type: 'client-message', ...payload }),
  })
  startListening({
    actionCreator: actions.toolCallAnswered,
    // Not kept for another connection: its agent has not asked.
    effect: ({ payload: { id, ...answer } }) =>
      void running?.send({ type: 'tool-answer', callId: id, ...answer }),
  })
  startListening({
    actionCreator: actions.interruptRequested,
    effect: () => void running?.send({ type: 'interrupt' }),
  })

  startListening({ actionCreator: actions.muteRequested, effect: () => ports.media.setMuted(true) })
  startListening({ actionCreator: actions.unmuteRequested, effect: () => ports.media.setMuted(false) })

  ports.media.listen({
    onMicrophone: (microphone, error) =>
      dispatch(actions.microphoneChanged(error ? { microphone, error } : { microphone })),
    onPlayback: (playback) => dispatch(actions.playbackChanged({ playback })),
    onFallback: (fallback, deviceId) => dispatch(actions.deviceFellBack({ ...fallback, deviceId })),
  })

  return { flush: () => running?.flush(), end }
}
