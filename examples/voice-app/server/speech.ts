import { Worker } from 'node:worker_threads'
import { sampleRate } from './audio-out.js'
import { readWav, resample, trimAndNormalise } from './pcm.js'

export interface Speech {
  /** The sentence as mono 48 kHz samples; empty when it cannot be spoken. */
  synthesise(text: string): Promise<Int16Array>
  dispose(): Promise<void>
}

/** About half a megabyte each. */
const cachedSentences = 64

/**
 * mespeak 2.0.2 never closes its in-memory files: its 80th sentence fails, and the next one takes the whole
 * process down with a fatal error of V8. A worker is replaced well before that.
 */
const sentencesPerWorker = 40

/**
 * Sentences to sound, by mespeak in a worker, the last ones remembered.
 *
 * @param wordsPerMinute How fast it speaks, from 80 to 450.
 */
export function createSpeech(wordsPerMinute: number): Speech {
  const cache = new Map<string, Promise<Int16Array>>()
  let voice: ReturnType<typeof createVoice> | null = null

  return {
    synthesise(text) {
      const known = cache.get(text)
      if (known) return known
      if (voice?.isSpent()) {
        void voice.retire()
        voice = null
      }
      voice ??= createVoice(wordsPerMinute)
      const sound = voice.say(text).then((wav) => {
        if (!wav) cache.delete(text)
        return wav ? soundOf(wav) : new Int16Array(0)
      })
      cache.set(text, sound)
      const [oldest] = cache.keys()
      if (cache.size > cachedSentences && oldest !== undefined) cache.delete(oldest)
      return sound
    },
    async dispose() {
      await voice?.dispose()
    },
  }
}

function soundOf(wav: ArrayBuffer): Int16Array {
  const { samples, sampleRate: spokenRate } = readWav(wav)
  return resample({ samples: trimAndNormalise(samples), sampleRate: spokenRate }, sampleRate)
}

/** One worker; it answers in the order it was asked. */
function createVoice(wordsPerMinute: number) {
  // Its own stdout and stderr, unread: mespeak talks to the console.
  const worker = new Worker(new URL('./speech-worker.mjs', import.meta.url), {
    execArgv: [],
    workerData: { wordsPerMinute },
    stdout: true,
    stderr: true,
  })
  worker.unref()
  const waiting: ((wav: ArrayBuffer | null) => void)[] = []
  let asked = 0
  let gone = false

  const giveUp = () => {
    gone = true
    for (const answer of waiting.splice(0)) answer(null)
  }
  worker.on('message', (wav: ArrayBuffer | null) => waiting.shift()?.(wav))
  worker.on('error', giveUp)
  worker.on('exit', giveUp)

  const dispose = async () => {
    giveUp()
    await worker.terminate()
  }

  const say = (text: string) => {
    asked++
    return new Promise<ArrayBuffer | null>((resolve) => {
      if (gone) return resolve(null)
      waiting.push(resolve)
      worker.postMessage(text)
    })
  }

  return {
    isSpent: () => gone || asked >= sentencesPerWorker,
    say,
    /** Lets it finish what it was asked for. */
    async retire(): Promise<void> {
      await say('')
      await dispose()
    },
    dispose,
  }
}
