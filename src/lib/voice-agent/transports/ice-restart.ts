import type { Peer } from '../../../../middleware/drivers/call/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'

/** Milliseconds for the whole restart. Longer than the limit for the answer, because the outage may outlast it. */
const RESTART_LIMIT_MS = 8_000
/** Milliseconds until the signalling server must answer the offer. */
const ANSWER_LIMIT_MS = 3_000
/** Milliseconds between checks for data from the agent. */
const POLL_INTERVAL_MS = 100

/** Fields of an answer that identify the agent and show if it took part in an ICE restart. */
export interface AgentIdentity {
  pcId: string
  /** Fingerprint of the DTLS certificate, lower case. A restarted process has a new one (RFC 8122). */
  fingerprint: string
  /** ICE username fragment. Changes with each ICE restart that the agent takes part in (RFC 8839, 4.4.1.1.1). */
  ufrag: string
}

const attribute = (sdp: string, name: string) =>
  new RegExp(`^a=${name}:(.*?)\\s*$`, 'm').exec(sdp)?.[1]?.trim() ?? ''

export function identityOf({ sdp, pc_id }: { sdp: string; pc_id: string }): AgentIdentity {
  return {
    pcId: pc_id,
    fingerprint: attribute(sdp, 'fingerprint').toLowerCase(),
    ufrag: attribute(sdp, 'ice-ufrag'),
  }
}

/**
 * Returns true if the agent in `before` restarted ICE. If another agent answered, the browser would report `connected` without
 * carrying any data. An agent without ICE restarts, such as aiortc, answers with its old ufrag.
 */
export function hasRestarted(before: AgentIdentity, after: AgentIdentity): boolean {
  return (
    after.pcId === before.pcId &&
    after.fingerprint !== '' &&
    after.fingerprint === before.fingerprint &&
    after.ufrag !== '' &&
    after.ufrag !== before.ufrag
  )
}

/** A session description, with the agent's id for the connection. */
interface Answer {
  sdp: string
  pc_id: string
}

export interface IceRestart {
  peer: Peer
  /** The agent that answered when the connection was established. */
  agent: AgentIdentity
  offer(sdp: string, signal: AbortSignal): Promise<Answer>
  /** Called with the agent's new identity once candidates may be exchanged. */
  onAccepted(agent: AgentIdentity): void
  /** Counts packets and messages received from the agent so far. */
  receivedCount(): Promise<number>
  /** Asks the agent for a sign of life, if its protocol has one. */
  requestSignOfLife?(): void
  signal: AbortSignal
}

/**
 * Restarts ICE and waits until data arrives from the agent.
 *
 * The browser's `connected` proves nothing, because it appears even with a restarted server. Received data is
 * encrypted with the keys of this connection, so only its own agent can have sent it.
 *
 * @throws VoiceAgentError `connection-lost` if only a new connection can help
 */
export async function restartIce({
  peer,
  agent,
  offer,
  onAccepted,
  receivedCount,
  requestSignOfLife,
  signal,
}: IceRestart): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(RESTART_LIMIT_MS)])
  const { sdp } = await peer.createOffer({ iceRestart: true })
  const answer = await offer(sdp ?? '', AbortSignal.any([limit, AbortSignal.timeout(ANSWER_LIMIT_MS)]))
  const answered = identityOf(answer)
  if (!hasRestarted(agent, answered)) {
    throw new VoiceAgentError(
      'connection-lost',
      'An ICE restart must be answered by the same agent with a new ice-ufrag; another agent answered, or the old ufrag came back.',
    )
  }
  await peer.acceptAnswer({ type: 'answer', sdp: answer.sdp })
  onAccepted(answered)
  const before = await receivedCount()
  while ((await receivedCount()) === before) {
    limit.throwIfAborted()
    requestSignOfLife?.()
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
  }
}
