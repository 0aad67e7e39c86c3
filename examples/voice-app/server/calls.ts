import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { CandidatesBody, OfferBody } from './bodies.js'
import { type Conversation, createConversation, type Opening } from './conversation.js'
import { ApiError } from './errors.js'
import type { KeepaliveLimits } from './keepalive.js'
import type { NeighbourRoutes, Neighbours } from './neighbours.js'
import type { Peer } from './peer.js'
import type { Peers } from './peers.js'
import { movedAway, parseInbound, pong } from './rtvi.js'
import { type AgentMemory, emptyMemory } from './session-store.js'
import type { AgentSession, Sessions } from './sessions.js'
import type { Speech } from './speech.js'

interface Call {
  pcId: string
  session: AgentSession
  peer: Peer
  conversation: Conversation
  /** Resolves when the session is free. */
  ended: Promise<void>
}

export interface CallsOptions {
  sessions: Sessions
  speech: Speech
  peers: Peers
  /** Seconds for which a lost session can be resumed. */
  resumeSeconds: number
  /** The other processes, which may have the calls of other sessions. */
  neighbours?: Neighbours | undefined
  /** @default 20 */
  maxCalls?: number
  limits?: KeepaliveLimits
}

/** Milliseconds that an agent has to finish its sentence during a handover. */
const sentenceMs = 6_000
/** Milliseconds that a client has to leave after it is told to. */
const leaveMs = 300
const busyRetrySeconds = 5

/** Manages the live calls of this process. A session has at most one call across all processes. */
export function createCalls({
  sessions,
  speech,
  peers,
  resumeSeconds,
  neighbours,
  maxCalls = 20,
  limits = {},
}: CallsOptions) {
  const live = new Map<string, Call>()
  /** Connections to which a session is being handed over, by their ids. */
  const arriving = new Map<string, { sessionId: string; peer: Peer }>()
  const queues = new Map<string, Promise<unknown>>()

  const callOf = (session: string) => [...live.values()].find((call) => call.session.id === session)

  /** Runs a session's offers one after the other. */
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

  /** Tells a client that its session continues elsewhere, and closes its connection. */
  const moveAway = async ({ peer, ended }: Call) => {
    peer.send(movedAway)
    // A page that was just reloaded, and has lost its id, does not respond.
    await Promise.race([ended, delay(leaveMs)])
    peer.close()
    await ended
  }

  /** Ends the session's call in favour of the client with this `pcId`. Any other client is notified, and leaves. */
  const endFormer = async (former: Call | undefined, pcId: string | null) => {
    if (!former) return
    if (pcId !== former.pcId) return moveAway(former)
    former.peer.close()
    await former.ended
  }

  /**
   * Opens a connection beside the session's call. Once the client says that it is ready, the call moves here, at the end of the agent's sentence.
   * If the new connection is lost first, the former call continues.
   */
  const connectBeside = async (offer: OfferBody, sessionId: string) => {
    const pcId = `pc-${randomUUID()}`
    let conversation: Conversation | null = null
    let isReady = false
    let gone = () => {}
    const lost = new Promise<void>((resolve) => {
      gone = resolve
    })
    const receive = (raw: unknown) => {
      if (conversation) return conversation.receive(raw)
      const message = parseInbound(raw)
      if (message.kind === 'ping') return peer.send(pong)
      if (message.kind !== 'rtvi' || message.type !== 'client-ready' || isReady) return
      isReady = true
      inTurn(sessionId, async () => {
        const former = callOf(sessionId)
        if (!arriving.has(pcId)) return
        if (former) {
          await Promise.race([former.conversation.finishSentence(), delay(sentenceMs)])
          if (!arriving.has(pcId)) return former.conversation.stay()
          await moveAway(former)
        }
        conversation = await begin({ offer, sessionId, peer, pcId, lost, isHandedOver: true })
        conversation.receive(raw)
      }).catch(() => peer.close())
    }
    const peer: Peer = await peers.open(
      offer.sdp,
      {
        onMessage: receive,
        onAudio: (frame) => conversation?.hear(frame),
        onGone() {
          arriving.delete(pcId)
          gone()
        },
      },
      limits,
    )
    arriving.set(pcId, { sessionId, peer })
    return { sdp: peer.sdp, pcId }
  }

  /** Begins the conversation of a session whose former call has ended. */
  const begin = async ({
    offer,
    sessionId,
    peer,
    pcId,
    lost,
    isHandedOver = false,
  }: {
    offer: OfferBody
    sessionId: string
    peer: Peer
    pcId: string
    lost: Promise<void>
    isHandedOver?: boolean
  }): Promise<Conversation> => {
    const onTaken = () => {
      const call = live.get(pcId)
      if (call) void moveAway(call)
    }
    const claimed = await sessions.claim(sessionId, offer.pcId, onTaken)
    const opening = openingOf(offer, sessionId, claimed.remembered)
    const { session } = opening
    session.pcId = pcId
    claimed.save(session)
    const conversation = createConversation({
      ...opening,
      isHandedOver,
      resumeForMs: resumeSeconds * 1000,
      speech,
      audio: peer.audio,
      send: (text) => peer.send(text),
      onRemember: () => claimed.save(session),
      hangUp: () => peer.close(),
    })
    const ended = lost.then(async () => {
      await conversation.close()
      live.delete(pcId)
      await claimed.release()
    })
    live.set(pcId, { pcId, session, peer, conversation, ended })
    arriving.delete(pcId)
    return conversation
  }

  const connect = async (offer: OfferBody, sessionId: string): Promise<{ sdp: string; pcId: string }> => {
    if (live.size >= maxCalls && !callOf(sessionId))
      throw new ApiError(503, 'busy', 'All lines are taken.', busyRetrySeconds)
    // Rejects while the records cannot be reached: a call that cannot be replaced must not be ended.
    await sessions.isKnown(sessionId)
    if (offer.request?.handover && callOf(sessionId)) return connectBeside(offer, sessionId)
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
    const pcId = `pc-${randomUUID()}`
    conversation = await endFormer(callOf(sessionId), offer.pcId)
      .then(() => begin({ offer, sessionId, peer, pcId, lost }))
      .catch((error: unknown) => {
        peer.close()
        throw error
      })
    return { sdp: peer.sdp, pcId }
  }

  const unknown = () => new ApiError(404, 'pc_unknown', 'There is no such peer connection.')

  const peerOf = (pcId: string, sessionId: string): Peer => {
    const call = live.get(pcId)
    const found = call ? { sessionId: call.session.id, peer: call.peer } : arriving.get(pcId)
    if (!found) throw unknown()
    if (found.sessionId !== sessionId) {
      throw new ApiError(403, 'pc_foreign', 'The peer connection belongs to another session.')
    }
    return found.peer
  }

  /** Address of the process with this peer connection; null if it is here, or nowhere. */
  const processOf = async (pcId: string, sessionId: string): Promise<string | null> =>
    live.has(pcId) || arriving.has(pcId) || !neighbours ? null : sessions.ownerOf(sessionId)

  const restartHere = (sdp: string, pcId: string, sessionId: string): Promise<string> =>
    inTurn(sessionId, () => peerOf(pcId, sessionId).restartIce(sdp))

  /** Rejects an unknown call. A new call under the old id would make the client mistake a new agent for the old one. */
  const restart = async (sdp: string, pcId: string, sessionId: string) => {
    const url = await processOf(pcId, sessionId)
    const answered = url
      ? neighbours?.restart(url, { sessionId, pcId, sdp })
      : restartHere(sdp, pcId, sessionId)
    return { sdp: (await answered) ?? '', pcId }
  }

  return {
    answer: (offer: OfferBody, sessionId: string) =>
      offer.pcId !== null && !offer.restartPc
        ? restart(offer.sdp, offer.pcId, sessionId)
        : inTurn(sessionId, () => connect(offer, sessionId)),

    async addCandidates({ pcId, candidates }: CandidatesBody, sessionId: string): Promise<void> {
      const url = await processOf(pcId, sessionId)
      if (url) await neighbours?.addCandidates(url, { sessionId, pcId, candidates })
      else await peerOf(pcId, sessionId).addCandidates(candidates)
    },

    /** Handles requests from the other processes. */
    here: {
      release: ({ sessionId, pcId }) =>
        inTurn(sessionId, async () => {
          const call = callOf(sessionId)
          if (call) await endFormer(call, pcId)
          else await sessions.disown(sessionId)
        }),
      restart: ({ sdp, pcId, sessionId }) => restartHere(sdp, pcId, sessionId),
      addCandidates: async ({ pcId, sessionId, candidates }) =>
        peerOf(pcId, sessionId).addCandidates(candidates),
    } satisfies NeighbourRoutes,

    /** Closes every call. Clients treat this as a lost connection. */
    async closeAll(): Promise<void> {
      for (const { peer } of arriving.values()) peer.close()
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
export function openingOf(offer: OfferBody, sessionId: string, remembered: AgentMemory | null): Opening {
  const { request } = offer
  const tools = new Set(request?.tools)
  // A plain Pipecat client sends no `requestData`; a known `pc_id` with `restart_pc` attaches it to the same bot again.
  const wantsIt = request
    ? request.resume && request.sessionId === sessionId
    : offer.restartPc && offer.pcId !== null && offer.pcId === remembered?.pcId
  if (remembered && wantsIt)
    return { session: { id: sessionId, ...remembered }, resumed: true, seededWith: 0, tools }

  const context = request?.context ?? []
  const history = context.flatMap(({ role, text }) =>
    role === 'user' || role === 'assistant' ? [{ role, text }] : [],
  )
  const session = { id: sessionId, ...emptyMemory(), history }
  return { session, resumed: false, seededWith: context.length, tools }
}
