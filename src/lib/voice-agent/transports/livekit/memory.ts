import type { TransportMemo } from '../../../../../middleware/drivers/call/ports.js'
import { isRecord, readJson } from '../json-text.js'

/** Facts that one connection leaves for the next one of its session, also after a reload. */
export interface Memory {
  /** Id of the agent, which another agent does not have. */
  agentId: string | null
  /** True if the user has ended the call: that agent is leaving. */
  isEnded: boolean
}

export function readMemory(memo: TransportMemo): Memory {
  const text = memo.get()
  const value = text === null ? null : readJson(text)
  const { agentId, isEnded } = isRecord(value) ? value : {}
  return { agentId: typeof agentId === 'string' ? agentId : null, isEnded: isEnded === true }
}

/**
 * Returns an id that only this agent has. LiveKit Agents name a participant after its job, also when it joins again. Other names may be
 * shared: LiveKit's id of the participant is used then.
 */
export const agentIdOf = ({ identity, sid }: { identity: string; sid: string }) =>
  /AJ_\w+/.test(identity) ? identity : sid

export const writeMemory = (memo: TransportMemo, memory: Memory) => memo.set(JSON.stringify(memory))
