import type { TransportMemo } from '../../../../../middleware/drivers/call/ports.js'
import { isRecord, readJson } from '../json-text.js'

/** Facts that one connection stores for its session's next one, across reloads too. */
export interface Memory {
  /** Unique id of the agent. */
  agentId: string | null
  /** True if the user has ended the call, so that agent is leaving. */
  isEnded: boolean
}

export function readMemory(memo: TransportMemo): Memory {
  const text = memo.get()
  const value = text === null ? null : readJson(text)
  const { agentId, isEnded } = isRecord(value) ? value : {}
  return { agentId: typeof agentId === 'string' ? agentId : null, isEnded: isEnded === true }
}

/**
 * Returns a unique id of this agent. LiveKit Agents name a participant after its job, even when it rejoins. Other names may be
 * shared, so LiveKit's participant id is used instead.
 */
export const agentIdOf = ({ identity, sid }: { identity: string; sid: string }) =>
  /AJ_\w+/.test(identity) ? identity : sid

export const writeMemory = (memo: TransportMemo, memory: Memory) => memo.set(JSON.stringify(memory))
