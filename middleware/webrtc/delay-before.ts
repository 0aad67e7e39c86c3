import { VoiceAgentError } from '../../store/index.js'
import type { ReconnectAttempt, ReconnectPolicy } from './reconnect-policy.js'

/**
 * Asks an app's policy. What is no delay would be one of nothing: an attempt after the other, for ever.
 *
 * @throws VoiceAgentError `invalid-option`, without the words of what the policy threw.
 */
export function delayBefore(policy: ReconnectPolicy, attempt: ReconnectAttempt): number | null {
  try {
    const delayMs: unknown = policy(attempt)
    if (delayMs === null || (typeof delayMs === 'number' && delayMs >= 0)) return delayMs
  } catch {}
  throw new VoiceAgentError(
    'invalid-option',
    'reconnect must give milliseconds, at least 0, or null to give up.',
  )
}
