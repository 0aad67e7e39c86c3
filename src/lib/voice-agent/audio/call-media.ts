import type { AgentMedia, CallMedia, MediaListener } from '../../../../middleware/drivers/call/page-ports.js'
import type { PeerShape } from '../../../../middleware/drivers/call/ports.js'
import { abortable, withTimeout } from '../../../../middleware/waiting.js'
import {
  asVoiceAgentError,
  type ChosenDevices,
  type MicrophoneState,
  type PlaybackState,
  VoiceAgentError,
} from '../../../../store/index.js'
import { callListener } from '../agent/emitter.js'
import { createPeer, createPeerReserve, type MediaPeer, type PeerReserve } from '../webrtc/peer-connection.js'
import { amplitudeIn, toReading } from '../webrtc/stats-reading.js'
import { createAudioDeviceList, promptForSpeaker } from './audio-device-list.js'
import type { AudioDeviceList, AudioDevices } from './audio-devices.js'
import {
  type AudioLevel,
  type AudioLevelMeter,
  type AudioSource,
  createAudioLevel,
  createContextSource,
  type WatchTracks,
} from './audio-level.js'
import { createAudioOutput } from './audio-output.js'
import { createMicrophone, defaultConstraints, type Microphone, type OpenMicrophone } from './microphone.js'

export interface CallMediaOptions {
  audio?: MediaTrackConstraints | undefined
  openMicrophone?: OpenMicrophone | undefined
  iceServers?: RTCIceServer[] | (() => RTCIceServer[] | Promise<RTCIceServer[]>) | undefined
  iceTransportPolicy?: RTCIceTransportPolicy | undefined
}

/** Implements the `AgentMedia` port, with values that views read without the store. Devices and levels outlive calls. */
export interface BrowserAgentMedia extends AgentMedia {
  readonly devices: AudioDeviceList
  /** Shows the browser's own list of speakers. Call it from a click. Resolves to null if the user chose none. */
  promptForSpeaker(): Promise<string | null>
  /** Level of a voice in the current call; 0 without a call. */
  level(source: AudioSource): AudioLevel
  watchTracks: WatchTracks
  /** Reads the browser's statistics of the last opened connection; null if there is none. */
  readStats(): Promise<RTCStatsReport | null>
}

/** Parts of the page's media that outlive a call. */
interface SharedMedia {
  devices: AudioDeviceList
  levels: ReadonlyMap<string, AudioLevelMeter>
  contexts: { close(): void }
  reserve: PeerReserve
  /** Returns a number that is unique among this agent's connections, because each connection restarts the network counters. */
  countConnection(): number
}

interface MeasuredCallMedia extends CallMedia {
  readStats(): Promise<RTCStatsReport | null>
}

const ICE_SERVERS_LIMIT_MS = 10_000
/** Shorter limit during an ICE restart, which has 8 s for everything. */
const RENEWAL_LIMIT_MS = 2_000

/** @throws VoiceAgentError `signalling-unavailable` if the app's function rejects, or takes longer than `timeout`. */
export async function readIceServers(
  iceServers: CallMediaOptions['iceServers'],
  timeout = ICE_SERVERS_LIMIT_MS,
): Promise<RTCIceServer[]> {
  if (typeof iceServers !== 'function') return iceServers ?? []
  const late = () =>
    new VoiceAgentError('signalling-unavailable', `iceServers() must answer within ${timeout / 1000} s.`)
  try {
    return await withTimeout(timeout, (async () => iceServers())(), late)
  } catch (thrown) {
    throw asVoiceAgentError(thrown, 'signalling-unavailable')
  }
}

function hasNewMicrophone(before: AudioDevices, now: AudioDevices): boolean {
  if (before.hasMicrophone === false) return now.hasMicrophone === true
  const known = new Set(before.microphones.map(({ deviceId }) => deviceId))
  return known.size > 0 && now.microphones.some(({ deviceId }) => !known.has(deviceId))
}

/** True if the default microphone has changed. Only known in browsers that reveal its name. */
const hasNewDefault = (
  { defaultMicrophone: before }: AudioDevices,
  { defaultMicrophone: now }: AudioDevices,
) => before !== null && now !== null && before !== now

/** Reports to the listener until `end()`, which reports the initial values again. Listener errors don't affect the media. */
function createReporter(listener: MediaListener): MediaListener & { end(): void } {
  let microphone: MicrophoneState = 'off'
  let playback: PlaybackState = 'idle'
  let isEnded = false

  function report(call: () => void) {
    if (!isEnded) callListener(call)
  }

  return {
    onMicrophone: (state, error) =>
      report(() => {
        microphone = state
        listener.onMicrophone(state, error)
      }),
    onPlayback: (state) =>
      report(() => {
        playback = state
        listener.onPlayback(state)
      }),
    onFallback: (fallback, deviceId) => report(() => listener.onFallback(fallback, deviceId)),
    end() {
      isEnded = true
      if (microphone !== 'off') callListener(() => listener.onMicrophone('off'))
      if (playback !== 'idle') callListener(() => listener.onPlayback('idle'))
    },
  }
}

function createCallMedia(
  { audio, openMicrophone, iceServers, iceTransportPolicy }: CallMediaOptions,
  { devices, levels, contexts, reserve, countConnection }: SharedMedia,
  chosen: ChosenDevices,
  listener: MediaListener,
): MeasuredCallMedia {
  /** Closes all peers, and rejects pending `openPeer()` calls. */
  const ended = new AbortController()
  const peers = new Set<MediaPeer>()
  const trackListeners = new Set<(track: MediaStreamTrack | null) => void>()
  let latest: { peer: MediaPeer; connection: number } | null = null
  let stopWatching: (() => void) | null = null

  let { talk, isMuted } = chosen
  let isTalking = false
  /** True once a peer or the microphone was requested. Until then, changing the talk mode doesn't open the microphone. */
  let isBegun = false

  /** True if the agent must not hear the user. A microphone that is about to close may still be live, because the browser closes it later. */
  function isGateClosed(): boolean {
    if (talk === 'text') return true
    return talk === 'push-to-talk' ? !isTalking : isMuted
  }

  const reporter = createReporter(listener)
  const microphone = createMicrophone({
    constraints: audio ?? defaultConstraints,
    openMicrophone,
    deviceId: chosen.microphoneId,
    isMuted: isGateClosed(),
    onChange(state, error) {
      // With the permission, browsers reveal the device names, but they fire no event for that.
      if (state === 'live' || state === 'muted' || state === 'muted-by-system') void devices.refresh()
      reporter.onMicrophone(state, error)
    },
    onTrack(track) {
      levels.get('microphone')?.setTrack(track)
      for (const peer of peers) peer.setTrack(track)
      for (const listener of trackListeners) callListener(() => listener(track))
    },
    onFallback: (reason, deviceId) => reporter.onFallback({ device: 'microphone', reason }, deviceId),
  })
  const output = createAudioOutput({
    deviceId: chosen.speakerId,
    volume: chosen.volume,
    onChange: reporter.onPlayback,
    onFallback: (reason, deviceId) => reporter.onFallback({ device: 'speaker', reason }, deviceId),
  })

  function playStream(stream: MediaStream) {
    output.play(stream)
    levels.get('agent')?.setTrack(stream.getAudioTracks()[0] ?? null)
  }

  function watchDevices() {
    let before = devices.get()
    stopWatching ??= devices.subscribe(() => {
      const now = devices.get()
      if (!now.areLabelsHidden) output.onDevices(new Set(now.speakers.map(({ deviceId }) => deviceId)))
      if (hasNewMicrophone(before, now)) void microphone.onPluggedIn()
      if (hasNewDefault(before, now)) void microphone.onDefaultChanged()
      before = now
    })
  }

  /** Returns the microphone if the peer sends it and the user talks; null otherwise. */
  function openFor({ direction }: Pick<PeerShape, 'direction'>): Microphone | null {
    if (direction === 'recvonly') return null
    isBegun = true
    return talk === 'text' ? null : microphone
  }

  function setMuted(muted: boolean) {
    isMuted = muted
    microphone.setMuted(isGateClosed())
  }

  /** Also ends a press, even if the mode stays the same, as in the state. */
  function setTalkMode(mode: ChosenDevices['talk']) {
    const isSame = mode === talk
    talk = mode
    isTalking = false
    microphone.setMuted(isGateClosed())
    if (isSame) return
    if (mode === 'text') void microphone.suspend()
    else if (isBegun && !ended.signal.aborted) void microphone.open()
  }

  async function readStats(): Promise<RTCStatsReport | null> {
    const stats = await latest?.peer.getStats()
    return stats && !ended.signal.aborted ? stats : null
  }

  return {
    preparePeer(shape) {
      if (ended.signal.aborted) return
      watchDevices()
      void openFor(shape)?.open()
      reserve.prepare(shape)
    },
    async openPeer(request) {
      const signal = AbortSignal.any([request.signal, ended.signal])
      signal.throwIfAborted()
      watchDevices()
      // Read in parallel with the microphone prompt.
      const servers = readIceServers(iceServers)
      servers.catch(() => undefined)
      const opening = openFor(request)
      const opened = opening?.open()
      if (opening) await abortable(opening.permitted(), signal)
      // Invalid values from the app are reported by the browser.
      const ownServers = await abortable(servers, signal)
      const { iceServers: ofConnection = [], currentIceServers = () => ofConnection } = request
      const allServers = ofConnection.length > 0 ? [...ownServers, ...ofConnection] : ownServers
      const peer = createPeer({
        ...request,
        // Checked again before the connection is created, because the call may have ended meanwhile.
        signal,
        // Read now, because an earlier track may have been replaced. A later track is set when it arrives.
        track: microphone.track(),
        prepared: reserve.take(request),
        configuration: {
          ...(iceServers || ofConnection.length > 0 ? { iceServers: allServers } : {}),
          ...(iceTransportPolicy ? { iceTransportPolicy } : {}),
        },
        readIceServers: async () => [
          ...(await readIceServers(iceServers, RENEWAL_LIMIT_MS)),
          ...currentIceServers(),
        ],
        onStream: playStream,
        onClose: () => peers.delete(peer),
      })
      peers.add(peer)
      latest = { peer, connection: countConnection() }
      return {
        ...peer,
        async opened(timeoutMs) {
          await peer.opened(timeoutMs)
          if (opened) await abortable(opened, signal)
        },
      }
    },
    async openMicrophone({ signal: requested, onTrack }) {
      const signal = AbortSignal.any([requested, ended.signal])
      signal.throwIfAborted()
      watchDevices()
      isBegun = true
      if (talk !== 'text') await abortable(microphone.open(), signal)
      trackListeners.add(onTrack)
      signal.addEventListener('abort', () => trackListeners.delete(onTrack), { once: true })
      return microphone.track()
    },
    play(track) {
      if (!ended.signal.aborted) playStream(new MediaStream([track]))
    },
    setChoices({ microphoneId, speakerId, volume, isMuted: muted, talk: mode }) {
      setMuted(muted)
      if (mode !== talk) setTalkMode(mode)
      output.setVolume(volume)
      if (microphoneId !== microphone.chosen()) void microphone.select(microphoneId)
      if (speakerId !== output.chosen()) void output.select(speakerId)
    },
    setMuted,
    setTalkMode,
    setTalking(next) {
      isTalking = next
      microphone.setMuted(isGateClosed())
    },
    retryMicrophone: microphone.retry,
    selectMicrophone: microphone.select,
    selectSpeaker: output.select,
    setVolume: output.setVolume,
    resumePlayback: output.resume,
    reportLevel(source, level) {
      if (!ended.signal.aborted) levels.get(source)?.report(level)
    },
    async readNetwork() {
      const connection = latest?.connection ?? 0
      const stats = await readStats()
      return stats && toReading(stats, connection)
    },
    readStats,
    end() {
      if (ended.signal.aborted) return
      ended.abort(new VoiceAgentError('not-connected', 'The call was ended.'))
      reserve.drop()
      stopWatching?.()
      microphone.close()
      output.close()
      for (const level of levels.values()) level.reset()
      contexts.close()
      reporter.end()
    },
  }
}

/** Creates the browser's implementation of the `AgentMedia` port. Opens nothing before the first call. */
export function createAgentMedia(options: CallMediaOptions): BrowserAgentMedia {
  let current: MeasuredCallMedia | null = null
  let connections = 0
  let isDisposed = false

  const contexts = createContextSource()
  const tracks = new Map<AudioSource, MediaStreamTrack | null>()
  const trackListeners = new Set<Parameters<WatchTracks>[0]>()
  const createMeter = (source: AudioSource) =>
    createAudioLevel({
      getContext: contexts.get,
      onTrack(track) {
        tracks.set(source, track)
        for (const listener of trackListeners) callListener(() => listener(source, track, contexts.get))
      },
      async readAmplitude() {
        const stats = await current?.readStats().catch(() => null)
        return stats ? amplitudeIn(stats, source) : null
      },
    })
  const meters = { microphone: createMeter('microphone'), agent: createMeter('agent') }
  const shared: SharedMedia = {
    devices: createAudioDeviceList(),
    levels: new Map(Object.entries(meters)),
    contexts,
    // Servers from a function are added when the peer is opened.
    reserve: createPeerReserve({
      ...(Array.isArray(options.iceServers) ? { iceServers: options.iceServers } : {}),
      ...(options.iceTransportPolicy ? { iceTransportPolicy: options.iceTransportPolicy } : {}),
    }),
    countConnection: () => ++connections,
  }

  return {
    devices: shared.devices,
    promptForSpeaker,
    level: (source) => meters[source],
    watchTracks(listener) {
      trackListeners.add(listener)
      for (const [source, track] of tracks) callListener(() => listener(source, track, contexts.get))
      return () => trackListeners.delete(listener)
    },
    readStats: async () => current?.readStats() ?? null,
    begin(devices, listener) {
      const earlier = current
      const call = createCallMedia(options, shared, devices, listener)
      // Set before the earlier call ends, because its listener may start yet another call, which must stay the current one.
      current = call
      earlier?.end()
      if (isDisposed) call.end()
      return call
    },
    warmUp(shape) {
      if (!isDisposed) shared.reserve.prepare(shape)
    },
    coolDown: shared.reserve.drop,
    dispose() {
      isDisposed = true
      shared.reserve.drop()
      current?.end()
    },
  }
}
