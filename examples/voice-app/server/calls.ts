import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { CandidatesBody, OfferBody } from './bodies.js'
import { type Conversation, createConversation, type Opening } from './conversation.js'
import { ApiError } from './errors.js'
import type { KeepaliveLimits } from './keepalive.js'
import type { Peer } from './peer.js'
import type { Peers } from './peers.js'
import { movedAway } from './rtvi.js'
import type { AgentSession, Sessions } from './sessions.js'
import type { Speech } from './speech.js'

interface Call {
  pcId: string
  session: AgentSession
  peer: Peer
  conversation: Conversation
  /** Resolves when the session is detached. */
  ended: Promise<void>
}

export interface CallsOptions {
  sessions: Sessions
  speech: Speech
  peers: Peers
  /** @default 20 */
  maxCalls?: number
  limits?: KeepaliveLimits
}

/** Milliseconds in which a client that is told to leave can do so. */
const leaveMs = 300

/** Manages the live calls, at most one per session. */
export function createCalls({ sessions, speech, peers, maxCalls = 20, limits = {} }: CallsOptions) {
  const live = new Map<string, Call>()
  const queues = new Map<string, Promise<unknown>>()

  const callOf = (session: string) => [...live.values()].find((call) => call.session.id === session)

  /** Runs the offers of a session one after the other. */
  const inTurn = <T>(session: string, work: () => Promise<T>): Promise<T> => {
    const result = (queues.get(session) ?? Promise.resolve()).then(work)
    const settled = result.then(
      () => {},
      () => {},
    )
    queues.set(session, settled)
    void settled.then(() => {
      if (queues.get(session) === settled) queues.delete(session)
    })
    return result
  }

  /** Ends the session's call in favour of this one. A client that is not the one of the offer is told, and leaves. */
  const endFormer = async (former: Call | undefined, offer: OfferBody) => {
    if (!former) return
    if (offer.pcId !== former.pcId) {
      former.peer.send(movedAway)
      // A page that was just reloaded, and has lost its id, does not answer.
      await Promise.race([former.ended, delay(leaveMs)])
    }
    former.peer.close()
    await former.ended
  }

  const connect = async (offer: OfferBody, sessionId: string): Promise<{ sdp: string; pcId: string }> => {
    if (live.size >= maxCalls && !callOf(sessionId)) throw new ApiError(503, 'busy', 'All lines are taken.')
    let conversation: Conversation | null = null
    let gone = () => {}
    const lost = new Promise<void>((resolve) => {
      gone = resolve
    })
    const peer = await peers.open(
      offer.sdp,
      {
        onMessage: (raw) => conversation?.receive(raw),
        onAudio: (frame) => conversation?.hear(frame),
        onGone: () => gone(),
      },
      limits,
    )

    await endFormer(callOf(sessionId), offer)

    const opening = openingOf(offer, sessionId, sessions)
    const pcId = `pc-${randomUUID()}`
    const { session } = opening
    sessions.attach(session, pcId)
    const talk = createConversation({
      ...opening,
      resumeForMs: sessions.resumeSeconds * 1000,
      speech,
      audio: peer.audio,
      send: (text) => peer.send(text),
      hangUp: () => peer.close(),
    })
    conversation = talk
    const ended = lost.then(async () => {
      await talk.close()
      live.delete(pcId)
      sessions.detach(session)
    })
    live.set(pcId, { pcId, session, peer, conversation: talk, ended })
    return { sdp: peer.sdp, pcId }
  }

  const liveCall = (pcId: string, sessionId: string): Call => {
    const call = live.get(pcId)
    if (!call) throw new ApiError(404, 'pc_unknown', 'There is no such peer connection.')
    if (call.session.id !== sessionId) {
      throw new ApiError(403, 'pc_foreign', 'The peer connection belongs to another session.')
    }
    return call
  }

  /** Rejects an unknown call. A new call under the old id would make the client take a new agent for the old one. */
  const restart = async (sdp: string, pcId: string, sessionId: string) => ({
    sdp: await liveCall(pcId, sessionId).peer.restartIce(sdp),
    pcId,
  })

  return {
    answer: (offer: OfferBody, sessionId: string) =>
      inTurn(sessionId, () =>
        offer.pcId !== null && !offer.restartPc
          ? restart(offer.sdp, offer.pcId, sessionId)
          : connect(offer, sessionId),
      ),

    async addCandidates({ pcId, candidates }: CandidatesBody, sessionId: string): Promise<void> {
      await liveCall(pcId, sessionId).peer.addCandidates(candidates)
    },

    /** Closes every call. Clients treat this as a lost connection. */
    async closeAll(): Promise<void> {
      await Promise.all(
        [...live.values()].map(async ({ peer, ended }) => {
          // Sends no `peerLeft`, because that ends the call for good, and clients should reconnect after a restart of the server.
          peer.close()
          await ended
        }),
      )
    },
  }
}

export type Calls = ReturnType<typeof createCalls>

/** The server's side of the session contract: resumes the session, or starts a new one with the client's messages. */
export function openingOf(offer: OfferBody, sessionId: string, sessions: Sessions): Opening {
  const { request } = offer
  const tools = new Set(request?.tools)
  const remembered = sessions.find(sessionId)
  // A plain Pipecat client sends no `requestData`; a known `pc_id` with `restart_pc` attaches it to the same bot again.
  const wantsIt = request
    ? request.resume && request.sessionId === sessionId
    : offer.restartPc && offer.pcId !== null && offer.pcId === remembered?.pcId
  if (remembered && wantsIt) return { session: remembered, resumed: true, seededWith: 0, tools }

  const context = request?.context ?? []
  const history = context.flatMap(({ role, text }) =>
    role === 'user' || role === 'assistant' ? [{ role, text }] : [],
  )
  return { session: sessions.start(sessionId, history), resumed: false, seededWith: context.length, tools }
}
