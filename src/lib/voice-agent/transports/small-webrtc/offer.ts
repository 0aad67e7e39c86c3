import { VoiceAgentError } from '../../../../../store/index.js'
import { signallingRequest } from '../signalling-request.js'

/** An offer of a new peer connection, or, with `pcId`, of an ICE restart of the one that the agent knows by that id. */
export interface Offer {
  sdp: string
  pcId: string | null
  /** The session contract's part: the session to go on with, and its last messages. */
  request: { sessionId: string; resume: boolean; context: unknown[]; tools?: unknown[] }
}

export interface Answer {
  sdp: string
  pc_id: string
}

/** Where offers and candidates go. */
export interface Signalling {
  offer(offer: Offer, token: string, signal: AbortSignal): Promise<Answer>
  addCandidates(pcId: string, candidates: unknown[], token: string, signal: AbortSignal): Promise<void>
}

async function readAnswer(response: Response): Promise<Answer> {
  const body: unknown = await response.json().catch(() => null)
  const { sdp, pc_id } = (body ?? {}) as Record<string, unknown>
  if (typeof sdp !== 'string' || typeof pc_id !== 'string') {
    throw new VoiceAgentError('signalling-rejected', "The offer was not answered with an agent's answer.")
  }
  return { sdp, pc_id }
}

const headers = { 'Content-Type': 'application/json' }

export function createSignalling(url: string, requestDataKey: 'requestData' | 'request_data'): Signalling {
  return {
    async offer({ sdp, pcId, request }, token, signal) {
      const body = JSON.stringify({
        sdp,
        type: 'offer',
        pc_id: pcId,
        restart_pc: false,
        [requestDataKey]: request,
      })
      const response = await signallingRequest(url, { method: 'POST', token, headers, body, signal })
      const answer = await readAnswer(response)
      signal.throwIfAborted()
      return answer
    },
    async addCandidates(pcId, candidates, token, signal) {
      const body = JSON.stringify({ pc_id: pcId, candidates })
      await signallingRequest(url, { method: 'PATCH', token, headers, body, signal })
    },
  }
}
