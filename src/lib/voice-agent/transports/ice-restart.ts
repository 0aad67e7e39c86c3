import type { Peer } from '../../../../middleware/webrtc/ports.js'
import { VoiceAgentError } from '../../../../store/index.js'
import { type AgentIdentity, hasRestarted, identityOf } from './agent-identity.js'

/** How long the whole restart may take, in milliseconds: an outage may outlast the answer to its offer. */
const restartTimeout = 8_000
/** A signalling server that takes longer is part of what is broken, in milliseconds. */
const answerTimeout = 3_000
/** How often the agent is listened for, in milliseconds. */
const listenInterval = 100

/** A session description, and under which id the one that gave it knows the connection. */
interface Answer {
  sdp: string
  pc_id: string
}

export interface IceRestart {
  peer: Peer
  /** Who answered when the connection was made. */
  agent: AgentIdentity
  offer(sdp: string, signal: AbortSignal): Promise<Answer>
  /** Called with the agent's new identity once its candidates may be exchanged. */
  onAccepted(agent: AgentIdentity): void
  /** What has been heard of the agent until now: a count that grows. */
  heard(): Promise<number>
  /** Asks the agent for a sign of life, where it would give one. */
  nudge?(): void
  signal: AbortSignal
}

/**
 * Restarts ICE and waits until the agent is heard again. What the browser calls `connected` proves nothing: against a server that was
 * restarted it says so too. What is heard was encrypted with the keys of this connection, so only its own agent can have sent it.
 *
 * @throws VoiceAgentError `connection-lost` where only a new connection can help.
 */
export async function restartIce({
  peer,
  agent,
  offer,
  onAccepted,
  heard,
  nudge,
  signal,
}: IceRestart): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(restartTimeout)])
  const { sdp } = await peer.createOffer({ iceRestart: true })
  const answer = await offer(sdp ?? '', AbortSignal.any([limit, AbortSignal.timeout(answerTimeout)]))
  const answered = identityOf(answer)
  if (!hasRestarted(agent, answered)) {
    throw new VoiceAgentError('connection-lost', 'Another agent answered, or one that cannot restart ICE.')
  }
  await peer.acceptAnswer({ type: 'answer', sdp: answer.sdp })
  onAccepted(answered)
  const before = await heard()
  while ((await heard()) === before) {
    limit.throwIfAborted()
    nudge?.()
    await new Promise((resolve) => setTimeout(resolve, listenInterval))
  }
}
