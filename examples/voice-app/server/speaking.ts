import { setTimeout as delay } from 'node:timers/promises'
import { type Player, sampleRate } from './audio-out.js'
import type { Speech } from './speech.js'
import { progressByWord } from './words.js'

export interface SpeakingPorts {
  speech: Speech
  audio: Player
  send: (type: string, data?: Record<string, unknown>) => void
  /** Returns the number of the next sentence of the call. */
  nextSegmentId: () => number
  /** Milliseconds of pause before an answer. */
  thinkMs: number
  /** True once the turn must end after its current sentence. */
  isLeaving: () => boolean
}

/** Reason for ending a turn early: the user interrupts, or the call is lost. */
export type CutReason = 'interrupted' | 'call_lost'

/** Result of a turn. */
export interface SpokenTurn {
  /** The words that were played. */
  said: string
  /** The sentences that were not played completely, beginning with the interrupted one. */
  unspoken: string[]
}

const pauseMs = 220
/** Milliseconds of silence per character, for a sentence without sound. */
const silentMsPerCharacter = 65

/** Speaks a turn of the agent and sends each word to the client when it is played. */
export async function speakTurn(
  sentences: readonly string[],
  ports: SpeakingPorts,
  signal: AbortSignal,
): Promise<SpokenTurn> {
  if (signal.aborted || sentences.length === 0) return { said: '', unspoken: [...sentences] }
  const { send, speech, audio, thinkMs, isLeaving } = ports
  if (isLeaving()) return { said: '', unspoken: [...sentences] }
  const said: string[] = []
  const stops = ['bot-llm-stopped']
  let completed = 0

  send('bot-llm-started')
  let sound = speech.synthesise(sentences[0] ?? '')
  await delay(thinkMs, undefined, { signal }).catch(() => {})

  for (const [index, sentence] of sentences.entries()) {
    const samples = await orAborted(sound, signal)
    if (!samples || signal.aborted || isLeaving()) break
    const next = sentences[index + 1]
    if (next !== undefined) sound = speech.synthesise(next)
    if (index === 0) {
      send('bot-started-speaking')
      send('bot-tts-started')
      stops.push('bot-tts-stopped', 'bot-stopped-speaking')
    }
    const heard = await speakSentence(sentence, samples, ports, signal)
    if (heard !== '') said.push(heard)
    if (heard === sentence) completed++
    if (signal.aborted || isLeaving()) break
    if (next !== undefined) await audio.play(silence(pauseMs), signal, () => {})
  }

  if (signal.aborted && (signal.reason as CutReason) === 'interrupted') send('bot-interrupted')
  for (const stop of stops) send(stop)
  return { said: said.join(' '), unspoken: sentences.slice(completed) }
}

/** Plays a sentence and returns the part that was played. */
async function speakSentence(
  sentence: string,
  samples: Int16Array,
  { send, audio, nextSegmentId }: SpeakingPorts,
  signal: AbortSignal,
): Promise<string> {
  const segment = {
    text: sentence,
    aggregated_by: 'sentence',
    segment_id: nextSegmentId(),
    will_be_spoken: true,
  }
  const steps = progressByWord(sentence)
  const sound = samples.length > 0 ? samples : silence(sentence.length * silentMsPerCharacter)
  let done = 0

  send('bot-output', { ...segment, spoken_status: 'new' })
  await audio.play(sound, signal, (played) => {
    for (let step = steps[done]; step && step.endsAt * sound.length <= played; step = steps[done]) {
      done++
      const progress = { accumulated_text: step.accumulated, remaining_text: step.remaining }
      send('bot-output', { ...segment, spoken_status: 'in-progress', spoken_progress: progress })
    }
  })
  if (done < steps.length) return steps[done - 1]?.accumulated ?? ''
  const progress = { accumulated_text: sentence, remaining_text: '' }
  send('bot-output', { ...segment, spoken_status: 'completed', spoken_progress: progress })
  return sentence
}

const silence = (ms: number) => new Int16Array((sampleRate * ms) / 1000)

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) return Promise.resolve(null)
  return new Promise((resolve, reject) => {
    const abort = () => resolve(null)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
