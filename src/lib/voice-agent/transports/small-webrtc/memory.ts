import type { TransportMemo } from '../../../../../middleware/drivers/call/ports.js'
import { isRecord, readJson } from '../json-text.js'

/** Facts that one connection leaves for the next one of its session, also after a reload. */
export interface Memory {
  /**
   * The server's id of the last peer connection. It lets its holder take over the bot, so it is stored encrypted, as the token is.
   */
  pcId: string | null
  /** Session that `POST /start` has made; null without it. */
  startedId: string | null
  /** Servers that came with it. */
  iceServers: RTCIceServer[]
  /** True if the bot keeps the session contract, false if it does not, null while that is not known. */
  hasContract: boolean | null
  /** True if the user has ended the call: the bot was told to go. */
  isEnded: boolean
  /** True while the bot speaks. One whose connection is lost meanwhile is never heard again. */
  isSpeaking: boolean
  /** Id that a server in SINGLE mode still accepts where it refuses `pcId`; null while none is known. */
  spareId: string | null
  /** Attempts in a row in which the connection that the server knew did not become ready. */
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

/** Text of the stored memory: anything else of its shape is ignored. */
function parseMemory(text: string | null): Memory {
  const value = text === null ? null : readJson(text)
  if (!isRecord(value)) return emptyMemory
  const { pcId, startedId, iceServers, hasContract, isEnded, isSpeaking, spareId, failures } = value
  return {
    pcId: typeof pcId === 'string' ? pcId : null,
    startedId: typeof startedId === 'string' ? startedId : null,
    iceServers: Array.isArray(iceServers) ? iceServers : [],
    hasContract: typeof hasContract === 'boolean' ? hasContract : null,
    isEnded: isEnded === true,
    isSpeaking: isSpeaking === true,
    spareId: typeof spareId === 'string' ? spareId : null,
    failures: typeof failures === 'number' ? failures : 0,
  }
}

/** Reads and changes the stored memory. */
export function createMemoryStore(memo: TransportMemo) {
  const read = () => parseMemory(memo.get())
  return {
    read,
    update: (change: Partial<Memory>) => memo.set(JSON.stringify({ ...read(), ...change })),
  }
}

/** Number of a connection in Pipecat's ids; other servers have ids of their own. */
export const numberOf = (pcId: string | null) => /^SmallWebRTCConnection#(\d+)-/.exec(pcId ?? '')?.[1]

/**
 * Returns true if Pipecat attached a connection to the same bot: the number in its id stays, the rest changes. A server that was restarted
 * counts from 0 again, so this proves it only for an id that the server knew before the offer.
 */
export const isSamePipecatBot = (before: string | null, after: string) =>
  numberOf(before) !== undefined && numberOf(before) === numberOf(after)
