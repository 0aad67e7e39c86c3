import { VoiceAgentError } from '../../../../../store/index.js'
import { signallingRequest } from '../signalling-request.js'

/**
 * Has OpenAI answer an offer.
 *
 * @throws VoiceAgentError `token-malformed`, final, for an API key where an ephemeral one belongs; else as `signallingRequest`.
 */
export async function requestAnswer(
  url: string,
  { sdp, token, signal }: { sdp: string; token: string; signal: AbortSignal },
): Promise<string> {
  if (token.startsWith('sk-')) {
    throw new VoiceAgentError(
      'token-malformed',
      'refreshToken gave an API key. It must stay on your server, which makes an ephemeral key with it.',
      { recoverable: false },
    )
  }
  const headers = { 'Content-Type': 'application/sdp' }
  const response = await signallingRequest(url, { method: 'POST', token, headers, body: sdp, signal })
  const answer = await response.text()
  signal.throwIfAborted()
  return answer
}
