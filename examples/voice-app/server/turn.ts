import { createHmac, randomUUID } from 'node:crypto'

export interface TurnOptions {
  /** The `static-auth-secret` in the configuration of coturn. */
  secret: string
  /** Addresses: `turn:turn.example.com:3478?transport=udp`. */
  urls: readonly string[]
  /**
   * Seconds for which credentials are good after their token has ended: a connection that begins at its end needs them to allocate.
   *
   * @default 60
   */
  marginSeconds?: number
}

/**
 * Makes credentials of a TURN server that end soon after their token, by the REST API for TURN (draft-uberti-behave-turn-rest).
 * The user name says when they end, and the password is its HMAC-SHA1.
 *
 * @param now Milliseconds since the epoch.
 */
export function createTurnServers(
  { secret, urls, marginSeconds = 60 }: TurnOptions,
  tokenSeconds: number,
  now: number,
) {
  const expires = Math.floor(now / 1000) + tokenSeconds + marginSeconds
  // A name of its own for each token, so that the TURN server's log has no id of a session.
  const username = `${expires}:${randomUUID()}`
  const credential = createHmac('sha1', secret).update(username).digest('base64')
  return [{ urls: [...urls], username, credential }]
}
