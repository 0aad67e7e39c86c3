import { asVoiceAgentError } from '../../../../store/index.js'
import type { WebRTCVoiceAgent } from '../../../lib/voice-agent/webrtc/main.js'
import type { AllTexts } from '../texts/types.js'

/** Milliseconds that the browser has to read a file that is being downloaded. */
const DOWNLOAD_MS = 60_000

/** Runs a dialog's task. Resolves to the text of its error, or to null. */
async function textOfError(texts: AllTexts, task: () => Promise<void>): Promise<string | null> {
  try {
    await task()
    return null
  } catch (error) {
    return texts.errors[asVoiceAgentError(error).code]
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
export const exportToFile = (
  agent: WebRTCVoiceAgent | null,
  texts: AllTexts,
  sessionId: string,
  passphrase: string,
) =>
  textOfError(texts, async () => {
    if (agent) download(await agent.exportSession(sessionId, { passphrase }), 'rva')
  })

export const importFromFile = (
  agent: WebRTCVoiceAgent | null,
  texts: AllTexts,
  file: Blob,
  passphrase: string,
) =>
  textOfError(texts, async () => {
    await agent?.importSession(file, { passphrase })
  })
