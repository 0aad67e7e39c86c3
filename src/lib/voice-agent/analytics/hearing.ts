import type { AudioSource, WatchTracks } from '../audio/audio-level.js'
import type { heardActions } from './fold.js'
import { createVoiceDetector, FRAME_MS, type VoiceDetector } from './voice-detector.js'

/** Milliseconds between audio reads. Each reads all frames since the previous one, so it does not limit the precision. */
const LOOK_MS = 200
/** Samples that the browser buffers: 0.7 s at 48 kHz. A later read has missed some. */
const BUFFER_LENGTH = 32_768

/** Times at the ear, in milliseconds since the epoch, in the form of an action. */
export type HeardFact =
  | { name: typeof heardActions.answerHeard; payload: { voicedAt: number | null; audibleAt: number } }
  | { name: typeof heardActions.agentSilenced; payload: { voicedFrom: number; silentAt: number } }

/** The audio of one track. */
interface Ear {
  context: AudioContext
  node: AnalyserNode
  source: MediaStreamAudioSourceNode
  samples: Float32Array<ArrayBuffer>
  /** Number of samples that the context had played at the last read. */
  readUntil: number
}

function open(context: AudioContext, track: MediaStreamTrack): Ear {
  const node = new AnalyserNode(context, { fftSize: BUFFER_LENGTH })
  const source = context.createMediaStreamSource(new MediaStream([track]))
  source.connect(node)
  const readUntil = Math.round(context.currentTime * context.sampleRate)
  return { context, node, source, samples: new Float32Array(BUFFER_LENGTH), readUntil }
}

/**
 * Passes a track's new frames to its detector.
 *
 * @param onChange Called when a voice begins or ends.
 */
function look(ear: Ear, detector: VoiceDetector, onChange: (change: 'began' | 'ended') => void): void {
  const { context, node, samples } = ear
  const { sampleRate } = context
  const now = Math.round(context.currentTime * sampleRate)
  const frame = Math.round((sampleRate * FRAME_MS) / 1000)
  // The page was throttled. A missed voice would make the latency wrong.
  if (now - ear.readUntil > BUFFER_LENGTH) {
    detector.reset()
    ear.readUntil = now
    return
  }
  const frames = Math.floor((now - ear.readUntil) / frame)
  if (frames === 0) return
  node.getFloatTimeDomainData(samples)
  const first = BUFFER_LENGTH - (now - ear.readUntil)
  for (let index = 0; index < frames; index++) {
    const start = first + index * frame
    const at = ((ear.readUntil + index * frame) / sampleRate) * 1000
    const change = detector.read(samples.subarray(start, start + frame), at)
    if (change) onChange(change)
  }
  ear.readUntil += frames * frame
}

/**
 * Listens to the microphone and the agent during a call. Reports when the agent becomes audible, and when it falls silent while the user talks.
 * Reads two analysers five times a second during a call, otherwise nothing.
 *
 * @param onError Called if the browser can't analyse a track. Nothing is heard from then on.
 * @returns a function that stops listening
 */
export function startHearing(
  watchTracks: WatchTracks,
  report: (fact: HeardFact) => void,
  onError: (error: unknown) => void,
): () => void {
  const tracks = new Map<AudioSource, MediaStreamTrack>()
  const ears = new Map<AudioSource, Ear>()
  const detectors = { microphone: createVoiceDetector(), agent: createVoiceDetector() }
  let getContext: () => AudioContext | null = () => null
  let timer: ReturnType<typeof setInterval> | undefined

  function close(source: AudioSource) {
    ears.get(source)?.source.disconnect()
    ears.delete(source)
    detectors[source].reset()
  }

  function lookAt(source: AudioSource, context: AudioContext, onChange: (change: 'began' | 'ended') => void) {
    const track = tracks.get(source)
    if (!track) return
    if (ears.get(source)?.context !== context) close(source)
    const ear = ears.get(source) ?? open(context, track)
    ears.set(source, ear)
    look(ear, detectors[source], onChange)
  }

  function listen() {
    const context = getContext()
    if (!context) return
    const { microphone, agent } = detectors
    const epoch = Date.now() - context.currentTime * 1000
    // The user hears it later, by the sound card's output latency, if the browser reports one.
    const output = (context.outputLatency || 0) * 1000
    // Reads the microphone first, so that its last voiced frame is known.
    lookAt('microphone', context, () => {})
    lookAt('agent', context, (change) => {
      if (change === 'began' && agent.from !== null) {
        // Ignores the user's voice over the start of the answer, because it is not what the agent answers.
        const voicedAt = microphone.until !== null && microphone.until <= agent.from ? microphone.until : null
        report({
          name: 'answerHeard',
          payload: {
            voicedAt: voicedAt === null ? null : Math.round(epoch + voicedAt),
            audibleAt: Math.round(epoch + agent.from + output),
          },
        })
      } else if (change === 'ended' && agent.from !== null && agent.until !== null) {
        const { from } = microphone
        if (from === null || from < agent.from || from > agent.until) return
        report({
          name: 'agentSilenced',
          payload: {
            voicedFrom: Math.round(epoch + from),
            silentAt: Math.round(epoch + agent.until + output),
          },
        })
      }
    })
  }

  function tryToListen() {
    try {
      listen()
    } catch (error) {
      stop()
      onError(error)
    }
  }

  const stopWatching = watchTracks((source, track, readContext) => {
    getContext = readContext
    close(source)
    if (track) tracks.set(source, track)
    else tracks.delete(source)
    if (tracks.has('agent')) timer ??= setInterval(tryToListen, LOOK_MS)
    else {
      clearInterval(timer)
      timer = undefined
    }
  })

  function stop() {
    stopWatching()
    clearInterval(timer)
    timer = undefined
    close('microphone')
    close('agent')
    tracks.clear()
  }

  return stop
}
