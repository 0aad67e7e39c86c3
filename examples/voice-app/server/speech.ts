import { Worker } from 'node:worker_threads'
import { sampleRate } from './audio-out.js'
import { readWav, resample, trimAndNormalise } from './pcm.js'

export interface Speech {
  /** Returns the sentence as mono samples of 48 kHz; empty if synthesis fails. */
  synthesise(text: string): Promise<Int16Array>
  dispose(): Promise<void>
}

/** Each sentence takes about half a megabyte. */
const cachedSentences = 64

/**
 * mespeak 2.0.2 never closes its in-memory files: its 80th sentence fails, and the next one ends the process with a fatal error
 * of V8. A worker is replaced long before that.
 */
const sentencesPerWorker = 40

/**
 * Synthesises sentences with mespeak in a worker, and caches the last ones.
 *
 * @param wordsPerMinute Speed, from 80 to 450.
 */
export function createSpeech(wordsPerMinute: number): Speech {
  const cache = new Map<string, Promise<Int16Array>>()
  let voice: ReturnType<typeof createVoice> | null = null

  return {
    synthesise(text) {
      const cached = cache.get(text)
      if (cached) return cached
      if (voice?.isSpent()) {
        void voice.retire()
        voice = null
      }
      voice ??= createVoice(wordsPerMinute)
      const sound = voice.say(text).then((wav) => {
        if (!wav) cache.delete(text)
        return wav ? toSamples(wav) : new Int16Array(0)
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

function toSamples(wav: ArrayBuffer): Int16Array {
  const { samples, sampleRate: spokenRate } = readWav(wav)
  return resample({ samples: trimAndNormalise(samples), sampleRate: spokenRate }, sampleRate)
}

/** Creates a worker, which answers in the order of the requests. */
function createVoice(wordsPerMinute: number) {
  // Separate, unread output streams, because mespeak writes to the console.
  const worker = new Worker(new URL('./speech-worker.mjs', import.meta.url), {
    execArgv: [],
    workerData: { wordsPerMinute },
    stdout: true,
    stderr: true,
  })
  worker.unref()
  const waiting: ((wav: ArrayBuffer | null) => void)[] = []
  let sentenceCount = 0
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
    sentenceCount++
    return new Promise<ArrayBuffer | null>((resolve) => {
      if (gone) return resolve(null)
      waiting.push(resolve)
      worker.postMessage(text)
    })
  }

  return {
    isSpent: () => gone || sentenceCount >= sentencesPerWorker,
    say,
    /** Ends the worker after its pending sentences. */
    async retire(): Promise<void> {
      await say('')
      await dispose()
    },
    dispose,
  }
}
