import { asVoiceAgentError, VoiceAgentError, type VoiceAgentState } from '../../../store/index.js'
import type { CallControl, Command, CommandRunners, Event, Fact } from '../../live/state.js'
import type { AgentToken } from '../token/ports.js'
import type { VoiceTools } from '../tools/ports.js'
import type { BuildContext } from './build-context.js'
import type { CallConnections } from './call-connections.js'
import type {
  AgentMedia,
  CallMedia,
  ClientMessage,
  FrameScheduler,
  Network,
  TransportMemo,
  Visibility,
  VoiceTransportFactory,
} from './ports.js'
import type { ReconnectPolicy } from './reconnect-policy.js'
import { createRetries, type Retries } from './retries.js'

/** Code and browser parts that only a call needs: loaded with the first one. */
export interface CallParts {
  transport: VoiceTransportFactory
  media: AgentMedia
  createFrameScheduler(): FrameScheduler
  visibility: Visibility
  /** Begins the media of a call, and what its first connection needs of them. */
  prepareCall(start: Pick<CallStart, 'call' | 'parts' | 'ports' | 'report'>): void
  /** Makes the connections of a call until it is over. @returns why it ended; null if the agent hung up. */
  makeCall(start: CallStart): Promise<VoiceAgentError | null>
}

export interface CallDriver {
  runners: CommandRunners<'prepareCall' | 'startCall' | 'stopCall' | 'openMicrophone' | 'control' | 'send'>
  /** True if the agent of the present connection can move to another tab without a pause. */
  canHandOver(): boolean
  /** Loads the code of a call that is likely, and makes its peer connection. Opens no microphone. */
  warmUp(): void
  /** The likely call does not follow. */
  coolDown(): void
  /** Passes on text of the agent that no frame has shown yet. */
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
  /** Returns the transport's memo of the session of `epoch`. */
  memo(epoch: number): TransportMemo
  /** Returns the present state, independent of the state DevTools show. */
  present(): VoiceAgentState
  feed(event: Event): void
  /** Reports an error that changes nothing, such as one that a transport threw when it was closed. */
  warn(error: unknown): void
}

/** Resources of one call, released with it. */
export interface RunningCall {
  id: string
  abort: AbortController
  retries: Retries
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
  /** True if the transport was switched since the last call: its agent knows nothing of the session. */
  isSwitched: boolean
  /** True while another tab has the agent: it moves at the end of a sentence, and no microphone is opened until then. */
  isHandover: boolean
}

/** Makes calls, one at a time. Each report carries its call's id, so that late reports of an ended call are dropped. */
export function createCallDriver(ports: CallPorts): CallDriver {
  const { network, feed } = ports
  let running: RunningCall | null = null
  let warm: CallParts | null = null
  let isCallLikely = false

  const callOf = (id: string) => (running?.id === id ? running : null)

  const stopWaking = network.onWake(() => running?.retries.retry())

  /** Retries loading the code like reaching an agent, because a restored call has no button to press. */
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
      abort,
      retries: createRetries(retryPorts, abort.signal),
      media: null,
      connections: null,
    }
  }

  /** Beside the token and the session of the call. A failure to load the code is repeated, and told, when the call starts. */
  function prepare(callId: string) {
    const call = create(callId)
    running = call
    ports
      .load()
      .then((parts) => {
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
  }: Extract<Command, { type: 'startCall' }>) {
    const call = callOf(callId) ?? create(callId)
    running = call
    const { signal } = call.abort
    const report = reporterOf(callId)

    async function run(): Promise<VoiceAgentError | null> {
      const parts = await loadParts(call, isRestored)
      signal.throwIfAborted()
      const made = { epoch, sessionId, isRestored, isSwitched, isHandover }
      return parts.makeCall({ call, parts, ports, report, ...made })
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

  function control({ media, retries, connections }: RunningCall, intent: CallControl) {
    switch (intent.type) {
      case 'switchTransportRequested':
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

  function send({ callId, requestId, message, isQueued }: Extract<Command, { type: 'send' }>) {
    const call = callOf(callId)
    const textId = message.type === 'text' ? message.id : null
    try {
      // Between the loss of a connection and its report, which is on its way: the message waits for the next one.
      if (!call?.connections?.send(message)) feed({ type: 'messageReturned', callId, requestId, message })
      else feed({ type: 'messageSent', callId, requestId, queuedTextId: isQueued ? textId : null })
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
        const media = callOf(callId)?.media
        const { talk, isMuted } = ports.present().connection
        media?.setMuted(isMuted)
        media?.setTalkMode(talk)
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
        // A failed load is repeated with the call.
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

/** Only a text is the user's to shorten: data and a tool's result are the app's. */
function forSender(error: VoiceAgentError, message: ClientMessage): VoiceAgentError {
  if (error.code !== 'text-too-long' || message.type === 'text') return error
  return new VoiceAgentError('invalid-option', error.message, { cause: error.cause })
}
