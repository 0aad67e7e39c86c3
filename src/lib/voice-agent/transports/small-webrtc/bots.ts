import type {
  ConnectRequest,
  Peer,
  PeerShape,
  TransportHost,
  TransportMemo,
} from '../../../../../middleware/drivers/call/ports.js'
import { pause } from '../../../../../middleware/waiting.js'
import { VoiceAgentError } from '../../../../../store/index.js'
import { type AgentIdentity, identityOf } from '../ice-restart.js'
import { isRecord, readJson, textOrNull } from '../json-text.js'
import { RefusedRequest } from '../signalling-request.js'
import { trickle } from '../trickle.js'
import {
  type BotAddress,
  findBot,
  type ReachableBot,
  type Signalling,
  type SmallWebRtcOptions,
  sessionOf,
} from './offer.js'

/** Milliseconds until the peers must be connected. The server's own limit for the channel is 10 s. */
const OPEN_LIMIT_MS = 15_000
/** Maximum number of checks that a bot has left after it was told to, and milliseconds between them. */
const LEAVE_CHECKS = 10
const LEAVE_INTERVAL_MS = 100

export const peerShape: PeerShape = { dataChannel: 'chat' }

/** Facts that one connection stores for its session's next one, across reloads too. */
interface Memory extends BotAddress {
  /** The server's id of the last peer connection. Anyone who has it can take over the bot, so it is stored encrypted, like the token. */
  pcId: string | null
  /** True if the bot implements the session contract, false if it does not, null while unknown. */
  hasContract: boolean | null
  /** True if the user has ended the call, so the bot was told to leave. */
  isEnded: boolean
  /** True while the bot speaks. A bot that loses its connection while speaking is never heard again. */
  isSpeaking: boolean
  /** Id that a server in SINGLE mode still accepts when it refuses `pcId`; null while none is known. */
  spareId: string | null
  /** Consecutive attempts in which the connection known to the server did not become ready. */
  failures: number
}

export const emptyMemory: Memory = {
  pcId: null,
  startedId: null,
  iceServers: [],
  hasContract: null,
  isEnded: false,
  isSpeaking: false,
  spareId: null,
  failures: 0,
}

/** Parses the stored memory. Ignores fields with other types. */
function parseMemory(text: string | null): Memory {
  const value = text === null ? null : readJson(text)
  if (!isRecord(value)) return emptyMemory
  const { pcId, startedId, iceServers, hasContract, isEnded, isSpeaking, spareId, failures } = value
  return {
    pcId: textOrNull(pcId),
    startedId: textOrNull(startedId),
    iceServers: Array.isArray(iceServers) ? iceServers : [],
    hasContract: typeof hasContract === 'boolean' ? hasContract : null,
    isEnded: isEnded === true,
    isSpeaking: isSpeaking === true,
    spareId: textOrNull(spareId),
    failures: typeof failures === 'number' ? failures : 0,
  }
}

export interface MemoryStore {
  read(): Memory
  update(change: Partial<Memory>): void
}

/** Reads and changes the stored memory. */
export function createMemoryStore(memo: TransportMemo): MemoryStore {
  const read = () => parseMemory(memo.get())
  return {
    read,
    update: (change: Partial<Memory>) => memo.set(JSON.stringify({ ...read(), ...change })),
  }
}

/** Returns the connection number in Pipecat's ids. Other servers have other ids. */
const numberOf = (pcId: string | null) => /^SmallWebRTCConnection#(\d+)-/.exec(pcId ?? '')?.[1]

/**
 * Returns true if Pipecat attached a connection to the same bot: the number in its id stays, the rest changes. A restarted server
 * counts from 0 again, so this is proof only for an id that the server knew before the offer.
 */
const isSamePipecatBot = (before: string | null, after: string) =>
  numberOf(before) !== undefined && numberOf(before) === numberOf(after)

/** An established connection. */
export interface Link {
  peer: Peer
  signalling: Signalling
  agent: AgentIdentity
  sessionId: string
  /** True once the server has accepted candidates for this connection. Only then does its 404 mean that the bot is gone. */
  isKnown: boolean
}

interface Attached {
  link: Link
  /** True if it is certainly the previous connection's bot. */
  isSameBot: boolean
}

/** Lists the addresses of possible bots, best first. If the server refuses one, the next is tried. */
function addressesOf(memory: Memory): BotAddress[] {
  const { pcId, isEnded, spareId } = memory
  if (pcId === null && memory.startedId === null) return [emptyMemory]
  // In Pipecat's SINGLE mode, only the last id is accepted, even after its bot has left.
  const addresses = isEnded ? [emptyMemory, memory] : [memory, emptyMemory]
  return spareId === null || spareId === pcId ? addresses : [...addresses, { ...emptyMemory, pcId: spareId }]
}

/** Finds a session's bot again, or starts with another one. */
export interface BotFinder {
  /** Connects to a bot. Rejects with the error of the last address that was tried. */
  attach(request: ConnectRequest, signal: AbortSignal): Promise<Attached>
  sendCandidates(link: Link, token: string, signal: AbortSignal): void
  /** True if a bot could not be ended, so that its words still arrive. */
  isMuteKept(): boolean
}

/** @param openOwnPeer Opens the transport's peer connection. */
export function createBotFinder(
  { apiEndpoint, openPeer, warn }: Pick<TransportHost, 'apiEndpoint' | 'openPeer' | 'warn'>,
  options: SmallWebRtcOptions,
  memory: MemoryStore,
  openOwnPeer: (iceServers: RTCIceServer[], signal: AbortSignal) => Promise<Peer>,
): BotFinder {
  let isMuteKept = false

  const sendCandidates = (link: Link, token: string, signal: AbortSignal) =>
    trickle(
      link.peer,
      async (candidates) => {
        try {
          await link.signalling.addCandidates(link.agent.pcId, candidates, token, signal)
        } catch (error) {
          // The server has just answered this connection, so a refusal means that it lacks the route.
          if (error instanceof RefusedRequest && !signal.aborted)
            warn?.({ warning: 'no-candidates-route', got: `the status ${error.status}.` })
          throw error
        }
        link.isKnown = true
      },
      signal,
    )

  /** Asks the server if it knows the peer connection: it refuses candidates for unknown ones. */
  const isKnown = (signalling: Signalling, pcId: string, token: string, signal: AbortSignal) =>
    signalling.addCandidates(pcId, [], token, signal).then(
      () => true,
      () => false,
    )

  /** Offers a new peer connection to a bot, and accepts its answer. */
  async function offerTo(
    opened: Peer,
    { signalling, startedId, iceServers }: ReachableBot,
    pcId: string | null,
    request: ConnectRequest,
    signal: AbortSignal,
  ): Promise<Link> {
    const { token, sessionId } = request
    const { sdp = '' } = await opened.createOffer()
    const answer = await signalling.offer(
      { sdp, pcId, isRestart: pcId !== null, request: sessionOf(request) },
      token,
      signal,
    )
    // Stored before anything else can fail, because the server no longer accepts the earlier id.
    const isSame = isSamePipecatBot(pcId, answer.pc_id)
    memory.update({
      pcId: answer.pc_id,
      startedId,
      iceServers,
      isEnded: false,
      // Once a server in SINGLE mode has attached a bot, it keeps that bot's last id and refuses the ids of later bots.
      ...(isSame ? {} : { isSpeaking: false, spareId: pcId }),
    })
    await opened.acceptAnswer({ type: 'answer', sdp: answer.sdp })
    const link = { peer: opened, signalling, agent: identityOf(answer), sessionId, isKnown: false }
    sendCandidates(link, token, signal)
    await opened.opened(OPEN_LIMIT_MS)
    return link
  }

  async function attachAt(
    address: BotAddress,
    request: ConnectRequest,
    signal: AbortSignal,
  ): Promise<Attached> {
    const bot = await findBot(address, apiEndpoint, options, request, signal)
    const { pcId } = address
    // A bot without the contract does not report that it remembers.
    const known =
      pcId !== null && memory.read().hasContract !== true
        ? isKnown(bot.signalling, pcId, request.token, signal)
        : Promise.resolve(false)
    const opened = await openOwnPeer(bot.iceServers, signal)
    try {
      const wasKnown = await known
      const link = await offerTo(opened, bot, pcId, request, signal)
      return { link, isSameBot: wasKnown && isSamePipecatBot(pcId, link.agent.pcId) }
    } catch (error) {
      opened.close()
      throw error
    }
  }

  /**
   * Ends a bot whose connection was lost while it spoke. Its output waits forever for the old connection: it would write but never be heard
   * again (Pipecat 1.14). It leaves when a new connection attaches to it and closes. The next bot gets the memory.
   */
  async function endMuteBot(request: ConnectRequest, signal: AbortSignal) {
    const { isSpeaking, isEnded, ...address } = memory.read()
    if (!isSpeaking || isEnded || address.pcId === null || numberOf(address.pcId) === undefined) return
    const ended = () => memory.update({ isEnded: true, startedId: null, isSpeaking: false })
    // Without an id, its session is gone together with the bot.
    if (options.startUrl && address.startedId === null) return ended()
    const bot = await findBot(address, apiEndpoint, options, request, signal)
    const { signalling } = bot
    const isThere = (pcId: string) => isKnown(signalling, pcId, request.token, signal)
    if (!(await isThere(address.pcId))) return ended()
    const last = await openPeer({ ...peerShape, iceServers: bot.iceServers, signal, onMessage() {} })
    let attached: Link
    try {
      attached = await offerTo(last, bot, address.pcId, request, signal)
    } catch (error) {
      if (error instanceof RefusedRequest) return ended()
      throw error
    } finally {
      last.close()
    }
    isMuteKept = true
    for (let checks = 0; isMuteKept && checks < LEAVE_CHECKS; checks++) {
      isMuteKept = await isThere(attached.agent.pcId)
      if (isMuteKept) await pause(LEAVE_INTERVAL_MS, signal)
    }
    signal.throwIfAborted()
    ended()
  }

  async function attachToFirst(
    [address = emptyMemory, ...others]: readonly BotAddress[],
    request: ConnectRequest,
    signal: AbortSignal,
  ): Promise<Attached> {
    try {
      return await attachAt(address, request, signal)
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error
      if (others.length > 0) return attachToFirst(others, request, signal)
      // In Pipecat's SINGLE mode, a bot that waits for its lost client refuses all others for half a minute.
      if (error.status !== 400 || !request.resume) throw error
      throw new VoiceAgentError('signalling-unavailable', error.message, { cause: error })
    }
  }

  return {
    async attach(request, signal) {
      // The bot is talking to the other tab, and using that connection's id would end it.
      if (request.isHandover) return attachToFirst([emptyMemory], request, signal)
      await endMuteBot(request, signal)
      return attachToFirst(addressesOf(memory.read()), request, signal)
    },
    sendCandidates,
    isMuteKept: () => isMuteKept,
  }
}
