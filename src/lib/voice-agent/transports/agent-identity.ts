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
 * Returns true if the agent of `before` restarted ICE. If another agent answered, the browser would report `connected` without
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
