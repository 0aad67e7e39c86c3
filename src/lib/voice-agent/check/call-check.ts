import type { Peer, VoiceTransportFactory } from '../../../../middleware/drivers/call/ports.js'
import { abortable, withTimeout } from '../../../../middleware/waiting.js'
import {
  asVoiceAgentError,
  type ChosenDevices,
  type MicrophoneState,
  type MicrophoneTrouble,
  toVoiceError,
  VoiceAgentError,
  type VoiceError,
} from '../../../../store/index.js'
import { createDefaultTokenRefresh } from '../options/default-token-refresh.js'
import type { ResolvedOptions } from '../options/resolve-options.js'
import { importWithUnloadRetry } from '../page/page-exit.js'

type CallCode = typeof import('../agent/call-chunk.js')

/** One step of a check. `skipped`: it could not be tried, because an earlier step failed. */
export interface CallCheckStep {
  name: 'microphone' | 'server' | 'connection' | 'relay'
  status: 'waiting' | 'running' | 'passed' | 'warning' | 'failed' | 'skipped'
  /** Problem with the microphone. `silent`: no sound was measured. `no-relay`: no TURN server is configured. */
  finding: MicrophoneTrouble | 'silent' | 'no-relay' | null
  /** Why it failed, for `texts.error`. */
  error: VoiceError | null
}

export interface CallCheckOptions {
  options: ResolvedOptions
  devices: ChosenDevices
  signal: AbortSignal
  /** Called with all steps whenever one changes. */
  onChange(steps: readonly CallCheckStep[]): void
}

/** Milliseconds to listen for a sound from the microphone. */
const LISTEN_MS = 4_000
/** Milliseconds that the token, the connection and the relay search may take. */
const TOKEN_MS = 10_000
const CONNECT_MS = 20_000
const RELAY_MS = 10_000

const names: readonly CallCheckStep['name'][] = ['microphone', 'server', 'connection', 'relay']

const isRelay = ({ urls }: RTCIceServer) => [urls].flat().some((url) => /^turns?:/i.test(url))

/** Resolves to true once `test` passes, now or when the listener is called; to false after `ms`, or if the signal aborts. */
function waitUntil(
  test: () => boolean,
  ms: number,
  signal: AbortSignal,
  subscribe: (listener: () => void) => () => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const check = () => test() && finish(true)
    const timer = setTimeout(() => finish(false), ms)
    const onAbort = () => finish(false)
    const unsubscribe = subscribe(check)
    function finish(result: boolean) {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      unsubscribe()
      resolve(result)
    }
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    else check()
  })
}

/** Searches for a relay, with a connection that may use only relays. */
async function findRelay(
  { watchRelays }: CallCode,
  iceServers: RTCIceServer[],
  signal: AbortSignal,
): Promise<VoiceAgentError | null> {
  const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: 'relay' })
  try {
    let isFound = false
    let isOver = false
    const relays = watchRelays(pc, () => {
      isOver = true
    })
    pc.createDataChannel('check')
    const found = waitUntil(
      () => isFound || isOver,
      RELAY_MS,
      signal,
      (listener) => {
        pc.onicecandidate = ({ candidate }) => {
          isFound ||= candidate?.type === 'relay'
          isOver ||= candidate === null
          listener()
        }
        return () => {
          pc.onicecandidate = null
        }
      },
    )
    await pc.setLocalDescription()
    await found
    return isFound ? null : (relays.error() ?? new VoiceAgentError('relay-unreachable'))
  } finally {
    pc.close()
  }
}

/**
 * Tests what a call needs, step by step, through the same transport: the microphone, the server, the path, and a relay. The agent's voice is not
 * played, and the user's is not sent. Nothing stays open, even if the check is aborted. The steps report failures.
 *
 * @throws VoiceAgentError `chunk-load-failed`
 */
export async function checkCall({
  options,
  devices,
  signal,
  onChange,
}: CallCheckOptions): Promise<readonly CallCheckStep[]> {
  let steps: readonly CallCheckStep[] = names.map((name) => ({
    name,
    status: 'waiting',
    finding: null,
    error: null,
  }))
  const set = (name: CallCheckStep['name'], change: Partial<CallCheckStep>) => {
    if (signal.aborted) return
    steps = steps.map((step) => (step.name === name ? { ...step, ...change } : step))
    onChange(steps)
  }
  const fail = (name: CallCheckStep['name'], thrown: unknown) =>
    set(name, { status: 'failed', error: toVoiceError(asVoiceAgentError(thrown)) })

  // Imported as a call does it, so that the code of a call stays in one chunk.
  const code = await importWithUnloadRetry(() => import('../agent/call-chunk.js'))
  const media = code.createAgentMedia(options)
  let microphone: MicrophoneState = 'off'
  const call = media.begin(
    // Silent, so that the agent's voice is not heard.
    { ...devices, volume: 0, isMuted: false, talk: 'hands-free' },
    {
      onMicrophone: (state) => {
        microphone = state
      },
      onPlayback: () => {},
      onFallback: () => {},
    },
  )
  const endCall = () => call.end()
  signal.addEventListener('abort', endCall)

  async function tryMicrophone() {
    set('microphone', { status: 'running' })
    try {
      await call.openMicrophone({ signal, onTrack: () => {} })
      if (code.isMicrophoneTrouble(microphone)) set('microphone', { status: 'failed', finding: microphone })
      else {
        const level = media.level('microphone')
        const isHeard = await waitUntil(() => level.get() > 0, LISTEN_MS, signal, level.subscribe)
        set('microphone', isHeard ? { status: 'passed' } : { status: 'warning', finding: 'silent' })
      }
    } catch (error) {
      fail('microphone', error)
    }
    // The agent must not hear the user during the check.
    call.setMuted(true)
  }

  /** Tests the server and the connection. Returns all known ICE servers. */
  async function tryConnection(): Promise<RTCIceServer[]> {
    let step: 'server' | 'connection' = 'server'
    set(step, { status: 'running' })
    const answered = () => {
      if (step === 'connection') return
      set('server', { status: 'passed' })
      step = 'connection'
      set(step, { status: 'running' })
    }
    const servers: RTCIceServer[] = []
    let close = () => {}
    try {
      const refresh = options.refreshToken ?? createDefaultTokenRefresh(options.apiEndpoint)
      const late = () => new VoiceAgentError('signalling-unavailable')
      const refreshing = (async () => refresh({ sessionId: null, token: null, signal }))()
      const refreshed = abortable(withTimeout(TOKEN_MS, refreshing, late), signal)
      const { token, sessionId, url, iceServers = [] } = await refreshed
      const ownServers = await abortable(code.readIceServers(options.iceServers), signal)
      servers.push(...ownServers, ...iceServers)
      const transport: VoiceTransportFactory =
        options.transport ??
        (await import('../transports/small-webrtc/index.js').then(({ smallWebRtcTransport }) =>
          smallWebRtcTransport(),
        ))
      signal.throwIfAborted()
      const connection = code.createConnection(
        {
          apiEndpoint: options.apiEndpoint,
          transport,
          media: {
            ...call,
            async openPeer(request): Promise<Peer> {
              servers.push(...(request.iceServers ?? []))
              const peer = await call.openPeer(request)
              return {
                ...peer,
                async acceptAnswer(answer) {
                  await peer.acceptAnswer(answer)
                  answered()
                },
              }
            },
            play: () => {},
            reportLevel: () => {},
          },
          getToken: async () => ({ token, iceServers }),
          memo: { get: () => null, set: () => {} },
          iceServers,
          warn: () => {},
        },
        { onEvent: () => {}, onInterrupted: () => {}, onRecovered: () => {}, onEndAnnounced: () => {} },
      )
      close = () => {
        connection.endOnPurpose()
        connection.close()
      }
      signal.addEventListener('abort', close)
      const connecting = connection.connect({
        token,
        sessionId,
        ...(url === undefined ? {} : { url }),
        resume: false,
        context: [],
        tools: [],
        signal,
      })
      await withTimeout(CONNECT_MS, connecting, () => new VoiceAgentError('agent-unreachable'))
      answered()
      set('connection', { status: 'passed' })
    } catch (error) {
      fail(step, error)
      if (step === 'server') set('connection', { status: 'skipped' })
    } finally {
      close()
      signal.removeEventListener('abort', close)
    }
    return servers
  }

  async function tryRelay(servers: readonly RTCIceServer[]) {
    set('relay', { status: 'running' })
    const relays = servers.filter(isRelay)
    if (relays.length === 0) return set('relay', { status: 'warning', finding: 'no-relay' })
    try {
      const error = await findRelay(code, relays, signal)
      if (error) fail('relay', error)
      else set('relay', { status: 'passed' })
    } catch (error) {
      fail('relay', error)
    }
  }

  try {
    await tryMicrophone()
    if (!signal.aborted) {
      const servers = await tryConnection()
      if (!signal.aborted) await tryRelay(servers)
    }
  } finally {
    signal.removeEventListener('abort', endCall)
    media.dispose()
  }
  return steps
}
