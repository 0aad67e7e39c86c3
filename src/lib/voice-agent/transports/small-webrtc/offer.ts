import { VoiceAgentError } from '../../../../../store/index.js'
import { describeRequest } from '../describe-request.js'
import { isRecord, readJson } from '../json-text.js'
import { type SignallingAnswer, signallingRequest } from '../signalling-request.js'

/** An offer of a new peer connection; with `pcId` of an ICE restart of that connection, or with `isRestart` of one in its place. */
export interface Offer {
  sdp: string
  pcId: string | null
  /** Attaches the bot of `pcId` to a new peer connection. */
  isRestart: boolean
  /** Data of the session contract: the session to continue and its last messages. */
  request: SessionRequest
}

export interface SessionRequest {
  sessionId: string
  resume: boolean
  context: unknown[]
  tools?: unknown[]
  /** True while another tab has the bot, which moves at the end of a sentence. */
  handover?: boolean
}

export interface Answer {
  sdp: string
  pc_id: string
}

/** Answer of `POST /start`. */
export interface Started {
  startedId: string
  iceServers: RTCIceServer[]
}

/** Requests to the signalling endpoint. */
export interface Signalling {
  offer(offer: Offer, token: string, signal: AbortSignal): Promise<Answer>
  addCandidates(pcId: string, candidates: unknown[], token: string, signal: AbortSignal): Promise<void>
}

function readAnswer(url: string, { status, headers, text }: SignallingAnswer): Answer {
  const body = readJson(text)
  const { sdp, pc_id } = isRecord(body) ? body : {}
  if (typeof sdp !== 'string' || typeof pc_id !== 'string') {
    const type = headers.get('Content-Type') ?? 'no content type'
    throw new VoiceAgentError(
      'signalling-rejected',
      `${describeRequest('POST', url)} must answer { sdp, pc_id } as JSON; it answered ${status} with ${type}.`,
    )
  }
  return { sdp, pc_id }
}

const headers = { 'Content-Type': 'application/json' }

export function createSignalling(url: string, requestDataKey: 'requestData' | 'request_data'): Signalling {
  return {
    async offer({ sdp, pcId, isRestart, request }, token, signal) {
      const body = JSON.stringify({
        sdp,
        type: 'offer',
        pc_id: pcId,
        restart_pc: isRestart,
        [requestDataKey]: request,
      })
      const response = await signallingRequest(url, { method: 'POST', token, headers, body, signal })
      signal.throwIfAborted()
      return readAnswer(url, response)
    },
    async addCandidates(pcId, candidates, token, signal) {
      const body = JSON.stringify({ pc_id: pcId, candidates })
      await signallingRequest(url, { method: 'PATCH', token, headers, body, signal })
    },
  }
}

/** Starts a bot as Pipecat's runner and Pipecat Cloud do: the data reach it as `runner_args.body`. */
export async function startBot(
  url: string,
  startRequest: Record<string, unknown>,
  request: SessionRequest,
  token: string,
  signal: AbortSignal,
): Promise<Started> {
  const given = isRecord(startRequest.body) ? startRequest.body : {}
  const body = JSON.stringify({ ...startRequest, body: { ...given, ...request } })
  const response = await signallingRequest(url, { method: 'POST', token, headers, body, signal })
  signal.throwIfAborted()
  const answer = readJson(response.text)
  const { sessionId, iceConfig } = isRecord(answer) ? answer : {}
  if (typeof sessionId !== 'string' || sessionId === '') {
    const type = response.headers.get('Content-Type') ?? 'no content type'
    throw new VoiceAgentError(
      'signalling-rejected',
      `${describeRequest('POST', url)} must answer { sessionId, iceConfig } as JSON; it answered ${response.status} with ${type}.`,
    )
  }
  const iceServers = isRecord(iceConfig) && Array.isArray(iceConfig.iceServers) ? iceConfig.iceServers : []
  return { startedId: sessionId, iceServers }
}
