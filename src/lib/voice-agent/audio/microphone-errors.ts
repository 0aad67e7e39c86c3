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

/** Chromium alone tells whether the page's permissions policy forbids the microphone. */
interface PolicedDocument {
  featurePolicy?: { allowsFeature(feature: string): boolean }
}

/** Tells who refused. The standard has one name for all refusals; Chromium's messages differ, other browsers' count as `denied`. */
function toDenial({ message }: Error): MicrophoneTrouble {
  const document = globalThis.document as PolicedDocument | undefined
  if (document?.featurePolicy?.allowsFeature('microphone') === false) return 'denied-by-policy'
  if (/by system/i.test(message)) return 'denied-by-system'
  return /dismissed/i.test(message) ? 'dismissed' : 'denied'
}

/** Classifies an error that `getUserMedia` rejected with. */
export function toMicrophoneTrouble(error: unknown): MicrophoneTrouble {
  if (!(error instanceof Error)) return 'busy'
  return error.name === 'NotAllowedError' ? toDenial(error) : (byName[error.name] ?? 'busy')
}

/** True if the requested device is not there. Another one may be. */
export function isDeviceGone(error: unknown): boolean {
  return error instanceof Error && (error.name === 'OverconstrainedError' || error.name === 'NotFoundError')
}

export function toMicrophoneError(trouble: MicrophoneTrouble): VoiceError {
  return toVoiceError(new VoiceAgentError(`microphone-${trouble}`))
}
