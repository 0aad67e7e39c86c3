// In a worker: a sentence takes up to 150 ms of pure computing, which would tear holes into the audio of every
// call. Plain JavaScript, because a worker has no TypeScript loader of its own.
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

const require = createRequire(import.meta.url)
const mespeak = require('mespeak')
mespeak.loadConfig(require('mespeak/src/mespeak_config.json'))
mespeak.loadVoice(require('mespeak/voices/en/en.json'))

parentPort?.on('message', (/** @type {string} */ text) => {
  let wav = null
  try {
    if (text !== '')
      wav = mespeak.speak(text, { rawdata: 'default', speed: workerData.wordsPerMinute, pitch: 48 })
  } catch {
    // Answered with null: the turn goes on without sound for this sentence.
  }
  parentPort?.postMessage(wav)
})
