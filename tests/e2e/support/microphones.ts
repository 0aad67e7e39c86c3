import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumArgs, findChromium } from '../../../.config/browser.js'

/** Launch options of a browser whose microphone is open and hears nothing, so that only typed turns are taken. */
export const withSilentMicrophone = () => launchOptions(`--use-file-for-fake-audio-capture=${silentWav()}`)

/** The same with Chromium's own stand-in for a microphone, which beeps once a second: to the agent that is speech. */
export const withBeepingMicrophone = () => launchOptions()

function launchOptions(...more: string[]) {
  const executablePath = findChromium()
  return { args: [...chromiumArgs, ...more], ...(executablePath ? { executablePath } : {}) }
}

/** One second of mono 48 kHz silence; Chromium plays it again and again. */
export function silentWav(): string {
  const bytes = 48_000 * 2
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + bytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(48_000, 24)
  header.writeUInt32LE(48_000 * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(bytes, 40)
  const directory = join(tmpdir(), 'redux-voice-agent-e2e')
  mkdirSync(directory, { recursive: true })
  const path = join(directory, 'silence.wav')
  // Renames a complete file, because the browser of another worker may be reading it.
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, Buffer.concat([header, Buffer.alloc(bytes)]))
  renameSync(draft, path)
  return path
}
