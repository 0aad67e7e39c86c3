import type { TransportMemo } from '../../../../../middleware/drivers/call/ports.js'
import { isRecord, readJson } from '../json-text.js'

/** Facts that one connection leaves for the next one of its session, also after a reload. */
export interface Memory {
  /** LiveKit's id of the agent as a participant, which another agent does not have. */
  agentSid: string | null
  /** True if the user has ended the call: that agent is leaving. */
  isEnded: boolean
}

export function readMemory(memo: TransportMemo): Memory {
  const text = memo.get()
  const value = text === null ? null : readJson(text)
  const { agentSid, isEnded } = isRecord(value) ? value : {}
  return { agentSid: typeof agentSid === 'string' ? agentSid : null, isEnded: isEnded === true }
}

export const writeMemory = (memo: TransportMemo, memory: Memory) => memo.set(JSON.stringify(memory))
