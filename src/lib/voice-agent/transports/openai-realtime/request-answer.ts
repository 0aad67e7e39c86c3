import { VoiceAgentError } from '../../../../../store/index.js'
import { signallingRequest } from '../signalling-request.js'

/**
 * Sends an offer to OpenAI and returns its answer.
 *
 * @throws VoiceAgentError `token-malformed`, final, if the token is an API key instead of an ephemeral key; otherwise the
 * errors of `signallingRequest`
 */
export async function requestAnswer(
  url: string,
  { sdp, token, signal }: { sdp: string; token: string; signal: AbortSignal },
): Promise<string> {
  if (token.startsWith('sk-')) {
    throw new VoiceAgentError(
      'token-malformed',
      'refreshToken must return an ephemeral key (ek_…); it returned an API key (sk-…). Keep that on your server.',
      { recoverable: false },
    )
  }
  const headers = { 'Content-Type': 'application/sdp' }
  const response = await signallingRequest(url, { method: 'POST', token, headers, body: sdp, signal })
  const answer = await response.text()
  signal.throwIfAborted()
  return answer
}
