import type { ConnectRequest } from '../../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { isRecord, readJson } from '../json-text.js'
import {
  type CallUrl,
  describeAnswer,
  describeRequest,
  readUrl,
  type SignallingAnswer,
  signallingRequest,
  type TransportCall,
  transportCall,
} from '../signalling-request.js'

/** A connection that is being established, for options that depend on it. */
export interface SmallWebRtcCall extends TransportCall {
  /** Session created by `POST /start`; null without `startUrl`. */
  startedId: string | null
}

/** Options of `smallWebRtcTransport`. */
export interface SmallWebRtcOptions {
  /**
   * URL that receives the offer and its candidates. A function is called for each connection.
   *
   * @default `${apiEndpoint}/offer`; with `startUrl`, `…/sessions/${startedId}/api/offer` next to it
   */
  offerUrl?: CallUrl<SmallWebRtcCall>
  /**
   * URL that starts a bot before its first offer, such as Pipecat Cloud's `https://api.pipecat.daily.co/v1/public/my-agent/start`. It returns
   * `{ sessionId, iceConfig }`. After a reload or an outage, the same bot is used without another start.
   *
   * @default none: the offer starts the bot
   */
  startUrl?: CallUrl<SmallWebRtcCall>
  /** Other fields of the start request, such as `{ enableDefaultIceServers: true }`. @default {} */
  startRequest?: Record<string, unknown>
  /**
   * Name of the offer's field for the session contract. Pipecat's development runner and Pipecat Cloud read only `request_data`; an offer
   * with both makes `SmallWebRTCRequest.from_dict` fail.
   *
   * @default 'request_data'
   */
  requestDataKey?: 'requestData' | 'request_data'
}

/** An offer for a new peer connection. With `pcId`, it restarts ICE on that connection; with `isRestart` too, it replaces the connection. */
interface Offer {
  sdp: string
  pcId: string | null
  /** Attaches the bot of `pcId` to a new peer connection. */
  isRestart: boolean
  /** Data of the session contract: the session to continue and its last messages. */
  request: SessionRequest
}

interface SessionRequest {
  sessionId: string
  resume: boolean
  context: unknown[]
  tools?: unknown[]
  /** True while another tab has the bot, which moves here at the end of a sentence. */
  handover?: boolean
}

interface Answer {
  sdp: string
  pc_id: string
}

/** Requests to the signalling endpoint. */
export interface Signalling {
  offer(offer: Offer, token: string, signal: AbortSignal): Promise<Answer>
  addCandidates(pcId: string, candidates: unknown[], token: string, signal: AbortSignal): Promise<void>
}

function readAnswer(url: string, answer: SignallingAnswer): Answer {
  const body = readJson(answer.text)
  const { sdp, pc_id } = isRecord(body) ? body : {}
  if (typeof sdp !== 'string' || typeof pc_id !== 'string') {
    throw new VoiceAgentError(
      'signalling-rejected',
      `${describeAnswer(describeRequest('POST', url), ['sdp', 'pc_id'], answer)}.`,
    )
  }
  return { sdp, pc_id }
}

const headers = { 'Content-Type': 'application/json' }

function createSignalling(url: string, requestDataKey: 'requestData' | 'request_data'): Signalling {
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

/** Starts a bot through Pipecat's runner or Pipecat Cloud. The bot receives the data as `runner_args.body`. */
async function startBot(
  url: string,
  startRequest: Record<string, unknown>,
  request: SessionRequest,
  token: string,
  signal: AbortSignal,
) {
  const given = isRecord(startRequest.body) ? startRequest.body : {}
  const body = JSON.stringify({ ...startRequest, body: { ...given, ...request } })
  const response = await signallingRequest(url, { method: 'POST', token, headers, body, signal })
  signal.throwIfAborted()
  const answer = readJson(response.text)
  const { sessionId, iceConfig } = isRecord(answer) ? answer : {}
  if (typeof sessionId !== 'string' || sessionId === '') {
    throw new VoiceAgentError(
      'signalling-rejected',
      `${describeAnswer(describeRequest('POST', url), ['sessionId', 'iceConfig'], response)}.`,
    )
  }
  const iceServers = isRecord(iceConfig) && Array.isArray(iceConfig.iceServers) ? iceConfig.iceServers : []
  return { startedId: sessionId, iceServers }
}

/** Address of a bot: the server's id of a connection to it, and the id of its session. */
export interface BotAddress {
  pcId: string | null
  startedId: string | null
  iceServers: RTCIceServer[]
}

/** A bot that an offer can be sent to. */
export interface ReachableBot extends Omit<BotAddress, 'pcId'> {
  signalling: Signalling
}

/** Data of the session contract. */
export const sessionOf = ({ sessionId, resume, context, tools, isHandover }: ConnectRequest) => ({
  sessionId,
  resume,
  context,
  tools,
  ...(isHandover && { handover: true }),
})

/** Resolves to the bot at `address`. Starts a bot if there is none. */
export async function findBot(
  address: BotAddress,
  apiEndpoint: string,
  { offerUrl, startUrl, startRequest = {}, requestDataKey = 'request_data' }: SmallWebRtcOptions,
  request: ConnectRequest,
  signal: AbortSignal,
): Promise<ReachableBot> {
  const call: SmallWebRtcCall = {
    ...transportCall(apiEndpoint, request, signal),
    startedId: address.startedId,
  }
  let { iceServers } = address
  let defaultUrl = `${apiEndpoint}/offer`
  if (startUrl) {
    const url = await readUrl(startUrl, call)
    if (call.startedId === null) {
      const started = await startBot(url, startRequest, sessionOf(request), request.token, signal)
      call.startedId = started.startedId
      iceServers = started.iceServers
    }
    defaultUrl = `${url.replace(/\/start\/?$/, '')}/sessions/${encodeURIComponent(call.startedId)}/api/offer`
  }
  const signalling = createSignalling(await readUrl(offerUrl ?? defaultUrl, call), requestDataKey)
  return { signalling, startedId: call.startedId, iceServers }
}
