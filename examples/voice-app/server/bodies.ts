import { ApiError } from './errors.js'

/** A message of the conversation, as the client sends it. */
export interface ContextMessage {
  id: string
  role: 'user' | 'assistant' | 'system' | 'tool'
  text: string
}

/** The session contract's `requestData`. */
export interface ResumeRequest {
  sessionId: string | null
  resume: boolean
  context: ContextMessage[]
  /** Names of the client's tools. */
  tools: string[]
  /** True if another tab of the client has the call until this one is connected. */
  handover: boolean
}

export interface OfferBody {
  sdp: string
  pcId: string | null
  restartPc: boolean
  /** Null for a plain Pipecat client, which sends no `requestData`. */
  request: ResumeRequest | null
}

export interface CandidatesBody {
  pcId: string
  candidates: RTCIceCandidateInit[]
}

const maxContext = 50
const maxTools = 50
const maxText = 4000
const maxCandidates = 50
const roles: readonly string[] = ['user', 'assistant', 'system', 'tool']

type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const bad = (message: string) => new ApiError(400, 'body_invalid', message)

/** Reads the session id of a token request; null requests a new session. */
export function readTokenBody(body: unknown): string | null {
  if (body === undefined || body === null) return null
  if (!isFields(body)) throw bad('The body must be a JSON object.')
  return readSessionId(body.session_id)
}

export function readOfferBody(body: unknown): OfferBody {
  if (!isFields(body)) throw bad('The body must be a JSON object.')
  const { sdp, type, pc_id: pcId, restart_pc: restartPc } = body
  // Clients send either: Pipecat's client writes `requestData`, and the FastAPI route of its runner reads only `request_data`.
  const requestData = body.requestData ?? body.request_data
  if (typeof sdp !== 'string' || !sdp.startsWith('v=0')) throw bad('sdp must be a session description.')
  if (type !== 'offer') throw bad('type must be "offer".')
  if (pcId !== undefined && pcId !== null && typeof pcId !== 'string')
    throw bad('pc_id must be a string or null.')
  if (restartPc !== undefined && typeof restartPc !== 'boolean') throw bad('restart_pc must be a boolean.')
  return {
    sdp,
    pcId: pcId ?? null,
    restartPc: restartPc ?? false,
    request: requestData === undefined || requestData === null ? null : readRequest(requestData),
  }
}

export function readCandidatesBody(body: unknown): CandidatesBody {
  if (!isFields(body)) throw bad('The body must be a JSON object.')
  const { pc_id: pcId, candidates } = body
  if (typeof pcId !== 'string') throw bad('pc_id must be a string.')
  if (!Array.isArray(candidates) || candidates.length > maxCandidates) {
    throw bad(`candidates must be a list of at most ${maxCandidates}.`)
  }
  return { pcId, candidates: candidates.map(readCandidate) }
}

function readRequest(value: unknown): ResumeRequest {
  if (!isFields(value)) throw bad('requestData must be an object.')
  const { sessionId, resume, context, tools, handover } = value
  if (resume !== undefined && typeof resume !== 'boolean') throw bad('requestData.resume must be a boolean.')
  if (handover !== undefined && typeof handover !== 'boolean')
    throw bad('requestData.handover must be a boolean.')
  if (context !== undefined && (!Array.isArray(context) || context.length > maxContext)) {
    throw bad(`requestData.context must be a list of at most ${maxContext} messages.`)
  }
  if (tools !== undefined && (!Array.isArray(tools) || tools.length > maxTools)) {
    throw bad(`requestData.tools must be a list of at most ${maxTools} tools.`)
  }
  return {
    sessionId: readSessionId(sessionId),
    resume: resume ?? false,
    context: (context ?? []).map(readContextMessage),
    tools: (tools ?? []).map(readToolName),
    handover: handover ?? false,
  }
}

function readToolName(value: unknown): string {
  const name = isFields(value) ? value.name : undefined
  if (typeof name !== 'string' || name === '' || name.length > 64) throw bad('Each tool needs a name.')
  return name
}

function readContextMessage(value: unknown): ContextMessage {
  const { id, role, text } = isFields(value) ? value : {}
  if (typeof id !== 'string' || id.length > 64) throw bad('Each context message needs an id.')
  if (typeof role !== 'string' || !roles.includes(role)) throw bad('A context role is not known.')
  if (typeof text !== 'string' || text.length > maxText) {
    throw bad(`Each context message needs a text of at most ${maxText} characters.`)
  }
  return { id, role: role as ContextMessage['role'], text }
}

function readCandidate(value: unknown): RTCIceCandidateInit {
  const { candidate, sdp_mid: mid, sdp_mline_index: index } = isFields(value) ? value : {}
  if (typeof candidate !== 'string' || candidate.length > 1000) throw bad('candidate must be a string.')
  if (mid !== undefined && mid !== null && typeof mid !== 'string') throw bad('sdp_mid must be a string.')
  if (index !== undefined && index !== null && typeof index !== 'number') {
    throw bad('sdp_mline_index must be a number.')
  }
  return { candidate, sdpMid: mid ?? null, sdpMLineIndex: index ?? null }
}

function readSessionId(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' && /^[A-Za-z0-9-]{8,64}$/.test(value)) return value
  throw new ApiError(400, 'session_id_invalid', 'A session id is 8 to 64 letters, digits and dashes.')
}
