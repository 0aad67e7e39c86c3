// A worker, because a sentence takes up to 150 ms of computing, which would cause gaps in the audio of every call.
// Plain JavaScript, because a worker has no TypeScript loader.
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
    // The answer is null, and the turn continues without sound for this sentence.
  }
  parentPort?.postMessage(wav)
})
