/** What of an answer says which agent gave it, and whether it took part in an ICE restart. */
export interface AgentIdentity {
  pcId: string
  /** Of its DTLS certificate, which a restarted process makes anew (RFC 8122). */
  fingerprint: string
  /** Changes with each ICE restart that the agent took part in (RFC 8839, 4.4.1.1.1). */
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
 * Whether the agent of `before` restarted ICE. Another one would let the browser report `connected` and carry nothing; one that does not
 * know ICE restarts, as aiortc, answers with its old ufrag.
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
