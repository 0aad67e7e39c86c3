import type { MicrophoneTrouble, VoiceError } from '../../../../store/index.js'
import { toVoiceError, VoiceAgentError } from '../../../../store/index.js'

/** `getUserMedia`'s errors by name. Source: W3C Media Capture and Streams, 10.2, algorithm of `getUserMedia()`. */
const byName: Record<string, MicrophoneTrouble> = {
  SecurityError: 'denied-by-policy',
  NotFoundError: 'missing',
  OverconstrainedError: 'overconstrained',
  NotReadableError: 'busy',
  AbortError: 'busy',
}

/** What only Chromium knows: whether the page's own permissions policy forbids it. */
interface PolicedDocument {
  featurePolicy?: { allowsFeature(feature: string): boolean }
}

/** Who said no. Standards give one name to all of them; Chromium's messages tell them apart, others' are `denied`. */
function denied({ message }: Error): MicrophoneTrouble {
  const { featurePolicy } = document as PolicedDocument
  if (featurePolicy?.allowsFeature('microphone') === false) return 'denied-by-policy'
  if (/by system/i.test(message)) return 'denied-by-system'
  return /dismissed/i.test(message) ? 'dismissed' : 'denied'
}

/** What is wrong, by what `getUserMedia` rejected with. */
export function troubleOf(error: unknown): MicrophoneTrouble {
  if (!(error instanceof Error)) return 'busy'
  return error.name === 'NotAllowedError' ? denied(error) : (byName[error.name] ?? 'busy')
}

/** Whether the device that was asked for is not there: another may be. */
export function isGone(error: unknown): boolean {
  return error instanceof Error && (error.name === 'OverconstrainedError' || error.name === 'NotFoundError')
}

export function errorOf(trouble: MicrophoneTrouble): VoiceError {
  return toVoiceError(new VoiceAgentError(`microphone-${trouble}`))
}
