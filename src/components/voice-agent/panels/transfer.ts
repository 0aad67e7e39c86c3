import { asVoiceAgentError, type VoiceErrorCode } from '../../../../store/index.js'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'

/** Milliseconds that the browser has to read a file that is being downloaded. */
const DOWNLOAD_MS = 60_000

/** Runs a dialog's task. Resolves to the code of its error, or to null. */
async function codeOfError(task: () => Promise<void>): Promise<VoiceErrorCode | null> {
  try {
    await task()
    return null
  } catch (error) {
    return asVoiceAgentError(error).code
  }
}

/** Downloads a file with the date in its name. */
export function download(file: Blob, extension: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = `conversation-${new Date().toISOString().slice(0, 10)}.${extension}`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), DOWNLOAD_MS)
}

/** Downloads a conversation as an encrypted file. */
export const exportToFile = (agent: WebRTCVoiceAgent | null, sessionId: string, passphrase: string) =>
  codeOfError(async () => {
    if (agent) download(await agent.exportSession(sessionId, { passphrase }), 'rva')
  })

export const importFromFile = (agent: WebRTCVoiceAgent | null, file: Blob, passphrase: string) =>
  codeOfError(async () => {
    await agent?.importSession(file, { passphrase })
  })
