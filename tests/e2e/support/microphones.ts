import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumArgs, findChromium } from '../../../.config/browser.js'

/** Launch options for a browser whose microphone is silent, so that only typed turns count. */
export const withSilentMicrophone = () => launchOptions(`--use-file-for-fake-audio-capture=${silentWav()}`)

/** Launch options with Chromium's fake microphone, which beeps once a second. The agent takes that for speech. */
export const withBeepingMicrophone = () => launchOptions()

function launchOptions(...more: string[]) {
  const executablePath = findChromium()
  return { args: [...chromiumArgs, ...more], ...(executablePath ? { executablePath } : {}) }
}

const rate = 48_000

/** One second of mono 48 kHz silence, which Chromium loops. */
export const silentWav = (): string => wavFile('silence', new Int16Array(rate))

/** Lengths of the utterances in {@link speechWav} and of the pause after each, in seconds. Uneven, so that they start anywhere in a frame. */
const utterances = [0.903, 0.617, 1.309, 0.751, 1.107]
const pause = 3.453

/**
 * Launch options for a browser whose microphone hears a voice: five utterances of about a second, after two seconds of silence. Chromium
 * loops the file, and applies its noise suppression.
 */
export const withSpeakingMicrophone = () => launchOptions(`--use-file-for-fake-audio-capture=${speechWav()}`)

/** Syllables of a 140 Hz voice. The last syllable of an utterance ends within 5 ms. */
function speechWav(): string {
  const samples: number[] = Array(2 * rate).fill(0)
  for (const length of utterances) {
    const count = Math.round(length * rate)
    for (let index = 0; index < count; index++) {
      const time = index / rate
      const syllable = 0.25 + 0.75 * Math.abs(Math.sin(Math.PI * 4.3 * time))
      const edge = Math.min(1, index / 240, (count - index) / 240)
      let wave = 0
      for (let harmonic = 1; harmonic <= 20; harmonic++)
        wave += Math.sin(2 * Math.PI * 140 * harmonic * time + harmonic) / harmonic
      samples.push(Math.round(wave * syllable * edge * 6_000))
    }
    for (let index = 0; index < pause * rate; index++) samples.push(0)
  }
  return wavFile('speech', Int16Array.from(samples))
}

/** Writes mono samples at 48 kHz to a file. Returns its path. */
function wavFile(name: string, samples: Int16Array): string {
  const bytes = samples.byteLength
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + bytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(bytes, 40)
  const directory = join(tmpdir(), 'redux-voice-agent-e2e')
  mkdirSync(directory, { recursive: true })
  const path = join(directory, `${name}.wav`)
  // Renames a complete file into place, because another worker's browser may be reading it.
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, Buffer.concat([header, Buffer.from(samples.buffer)]))
  renameSync(draft, path)
  return path
}
