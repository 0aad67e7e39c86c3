import { createHmac, randomUUID } from 'node:crypto'

export interface TurnOptions {
  /** The `static-auth-secret` in the configuration of coturn. */
  secret: string
  /** Addresses: `turn:turn.example.com:3478?transport=udp`. */
  urls: readonly string[]
  /**
   * Seconds for which credentials outlive their token: a connection that begins just before it expires still needs them to allocate.
   *
   * @default 60
   */
  marginSeconds?: number
}

/**
 * Creates TURN credentials that expire soon after their token, with the REST API for TURN (draft-uberti-behave-turn-rest).
 * The user name contains the expiry, and the password is its HMAC-SHA1.
 *
 * @param now Milliseconds since the epoch.
 */
export function createTurnServers(
  { secret, urls, marginSeconds = 60 }: TurnOptions,
  tokenSeconds: number,
  now: number,
) {
  const expires = Math.floor(now / 1000) + tokenSeconds + marginSeconds
  // A unique name for each token, so that the TURN server's log contains no session ids.
  const username = `${expires}:${randomUUID()}`
  const credential = createHmac('sha1', secret).update(username).digest('base64')
  return [{ urls: [...urls], username, credential }]
}
