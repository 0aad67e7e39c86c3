import {
  asVoiceAgentError,
  chosenDevices,
  VoiceAgentError,
  type VoiceAgentState,
} from '../../../store/index.js'
import type { CallControl, CommandNamed, CommandRunners, Event, Fact } from '../../live/events.js'
import type { AgentToken } from '../token/ports.js'
import type { VoiceTools } from '../tools/ports.js'
import type { CallConnections } from './call-connections.js'
import type { BuildContext } from './context.js'
import type { AgentMedia, CallMedia, FrameScheduler, Network, Visibility } from './page-ports.js'
import type { ClientMessage, TransportMemo, VoiceTransportFactory } from './ports.js'
import type { ReconnectPolicy } from './reconnect-policy.js'
import { createRetries, type Retries } from './retries.js'

/** Code and browser APIs that only a call needs, loaded with the first call. */
export interface CallParts {
  transport: VoiceTransportFactory
  media: AgentMedia
  createFrameScheduler(): FrameScheduler
  visibility: Visibility
  /** Starts a call's media, and prepares its first connection. */
  prepareCall(start: Pick<CallStart, 'call' | 'parts' | 'ports' | 'report'>): void
  /** Runs a call until it ends. @returns the error that ended it; null if the agent hung up. */
  makeCall(start: CallStart): Promise<VoiceAgentError | null>
}

export interface CallDriver {
  runners: CommandRunners<'prepareCall' | 'startCall' | 'stopCall' | 'openMicrophone' | 'control' | 'send'>
  /** True if the current connection's agent can move to another tab without a pause. */
  canHandOver(): boolean
  /** Loads the code for a likely call, and creates its peer connection. Doesn't open the microphone. */
  warmUp(): void
  /** Releases what `warmUp` created, because the likely call doesn't follow. */
  coolDown(): void
  /** Passes on the agent's text that no frame has shown yet, and which of the user's texts have left the page. */
  flush(): void
  dispose(): void
}

export interface CallPorts {
  /** @throws VoiceAgentError `chunk-load-failed` */
  load(): Promise<CallParts>
  apiEndpoint: string
  policy: ReconnectPolicy
  network: Network
  contextMessages: number
  tools: VoiceTools
  buildContext: BuildContext | undefined
  getToken(epoch: number, options: { renew: boolean; signal: AbortSignal }): Promise<AgentToken>
  /** Returns the transport's memo for the session of `epoch`. */
  memo(epoch: number): TransportMemo
  /** Returns the present state, independent of the state DevTools show. */
  present(): VoiceAgentState
  feed(event: Event): void
  /** Reports an error without consequences, such as one that a transport threw when it was closed. */
  warn(error: unknown): void
}

/** Resources of one call. */
export interface RunningCall {
  id: string
  /** True if the transport was switched since the last connection, so the new agent doesn't know the session. */
  isSwitched: boolean
  abort: AbortController
  retries: Retries
  /** The call's code, once it has loaded. */
  parts: CallParts | null
  media: CallMedia | null
  connections: CallConnections | null
}

/** Arguments of `makeCall`. */
export interface CallStart {
  call: RunningCall
  parts: CallParts
  ports: CallPorts
  report(fact: Fact): void
  epoch: number
  sessionId: string
  isRestored: boolean
  /** True while another tab has the agent, which moves here at the end of a sentence. Until then, no microphone is opened. */
  isHandover: boolean
}

/** Runs calls, one at a time. Each report carries its call's id, so that late reports of an ended call are dropped. */
export function createCallDriver(ports: CallPorts): CallDriver {
  const { network, feed } = ports
  let running: RunningCall | null = null
  let warm: CallParts | null = null
  let isCallLikely = false

  const callOf = (id: string) => (running?.id === id ? running : null)

  const stopWaking = network.onWake(() => running?.retries.retry())

  /** Loads the code. For a restored call, retries like a connection, because the user has no button to press. */
  async function loadParts(call: RunningCall, isRestored: boolean): Promise<CallParts> {
    for (let attempt = 0; ; ) {
      try {
        return await ports.load()
      } catch (error) {
        call.abort.signal.throwIfAborted()
        attempt = isRestored ? await call.retries.waitAfter(attempt) : 0
        if (!attempt) throw error
      }
    }
  }

  const reporterOf = (callId: string) => (fact: Fact) => feed({ type: 'callReported', callId, fact })

  function create(callId: string): RunningCall {
    const abort = new AbortController()
    const retryPorts = { report: reporterOf(callId), policy: ports.policy, network }
    return {
      id: callId,
      isSwitched: false,
      abort,
      retries: createRetries(retryPorts, abort.signal),
      parts: null,
      media: null,
      connections: null,
    }
  }

  /** Runs in parallel with getting the call's token and session. If the code fails to load, the start of the call retries and reports it. */
  function prepare(callId: string) {
    const call = create(callId)
    running = call
    ports
      .load()
      .then((parts) => {
        call.parts = parts
        if (running === call && !call.media)
          parts.prepareCall({ call, parts, ports, report: reporterOf(callId) })
      })
      .catch(ports.warn)
  }

  function start({
    callId,
    epoch,
    sessionId,
    isRestored,
    isSwitched,
    isHandover,
  }: CommandNamed<'startCall'>) {
    const call = callOf(callId) ?? create(callId)
    running = call
    call.isSwitched ||= isSwitched
    const { signal } = call.abort
    const report = reporterOf(callId)

    async function run(): Promise<VoiceAgentError | null> {
      // Synchronous if possible: the app renders the call together with the restored conversation, and no frame delays the offer.
      const parts = warm ?? call.parts ?? (await loadParts(call, isRestored))
      signal.throwIfAborted()
      return parts.makeCall({ call, parts, ports, report, epoch, sessionId, isRestored, isHandover })
    }

    run()
      .catch((thrown: unknown) => asVoiceAgentError(thrown))
      .then((error) => {
        if (signal.aborted) return
        release(call)
        feed({ type: 'callEnded', callId, error, at: Date.now() })
      })
      .catch(ports.warn)
  }

  /** Releases the call's resources and aborts its pending work. */
  function release(call: RunningCall) {
    if (running === call) running = null
    call.abort.abort(new VoiceAgentError('not-connected', 'The call was ended.'))
    call.media?.end()
  }

  function control(call: RunningCall, intent: CallControl) {
    const { media, retries, connections } = call
    switch (intent.type) {
      case 'switchTransportRequested':
        call.isSwitched = true
        connections?.replace()
        return retries.retry()
      case 'retryRequested':
        return retries.retry()
      case 'muteRequested':
        return media?.setMuted(true)
      case 'unmuteRequested':
        return media?.setMuted(false)
      case 'talkModeRequested':
        return media?.setTalkMode(intent.payload.talk)
      case 'startTalkingRequested':
        return media?.setTalking(true)
      case 'stopTalkingRequested':
        return media?.setTalking(false)
      case 'volumeRequested':
        return media?.setVolume(intent.payload.volume)
      case 'selectMicrophoneRequested':
        return void media?.selectMicrophone(intent.payload.deviceId).catch(ports.warn)
      case 'selectSpeakerRequested':
        return void media?.selectSpeaker(intent.payload.deviceId).catch(ports.warn)
      case 'microphoneRequested':
        return void media?.retryMicrophone().catch(ports.warn)
      case 'resumePlaybackRequested':
        return void media?.resumePlayback().catch(ports.warn)
    }
  }

  function send({ callId, requestId, message, isQueued }: CommandNamed<'send'>) {
    const call = callOf(callId)
    const textId = message.type === 'text' ? message.id : null
    try {
      // False between the loss of a connection and its report. The message then waits for the next connection.
      const sent = call?.connections?.send(message)
      if (!sent) feed({ type: 'messageReturned', callId, requestId, message })
      else feed({ type: 'messageSent', callId, requestId, textId, isQueued, isHeld: sent === 'held' })
    } catch (thrown) {
      const error = forSender(asVoiceAgentError(thrown), message)
      feed({ type: 'messageRefused', callId, requestId, textId, isQueued, message, error })
    }
  }

  return {
    runners: {
      prepareCall: ({ callId }) => prepare(callId),
      startCall: start,
      stopCall({ callId, isQuiet }) {
        const call = callOf(callId)
        if (!call) return
        if (isQuiet) call.connections?.flush()
        else call.connections?.endOnPurpose()
        release(call)
      },
      openMicrophone({ callId }) {
        callOf(callId)?.media?.setChoices(chosenDevices(ports.present().connection))
      },
      control({ callId, control: intent }) {
        const call = callOf(callId)
        if (call) control(call, intent)
      },
      send,
    },
    warmUp() {
      isCallLikely = true
      ports
        .load()
        .then((parts) => {
          const { peer } = parts.transport
          if (!isCallLikely || running || !peer) return
          warm = parts
          parts.media.warmUp?.(peer)
        })
        // The call retries a failed load.
        .catch(() => undefined)
    },
    coolDown() {
      isCallLikely = false
      if (!running) warm?.media.coolDown?.()
      warm = null
    },
    canHandOver: () => running?.connections?.canHandOver() ?? false,
    flush: () => running?.connections?.flush(),
    dispose() {
      isCallLikely = false
      stopWaking()
      if (running) release(running)
    },
  }
}

/** Reports `text-too-long` only for a typed text, which the user can shorten. Data and tool results are the app's responsibility. */
function forSender(error: VoiceAgentError, message: ClientMessage): VoiceAgentError {
  if (error.code !== 'text-too-long' || message.type === 'text') return error
  return new VoiceAgentError('invalid-option', error.message, { cause: error.cause })
}
