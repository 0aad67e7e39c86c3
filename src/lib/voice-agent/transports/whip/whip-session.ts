import { VoiceAgentError } from '../../../../../store/index.js'
import { describeRequest, type SignallingAnswer, signallingRequest } from '../signalling-request.js'

const unquote = (value: string) => value.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1')

/** Parses the parameters of one link: `; name="value"`. */
function parametersOf(text: string): Map<string, string> {
  const found = text.matchAll(/;\s*([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]+)/g)
  return new Map([...found].map(([, name = '', value = '']) => [name.toLowerCase(), unquote(value)]))
}

/**
 * Parses the STUN and TURN servers in a `Link` header. Ignores other links.
 * Source: RFC 9725, 4.6; RFC 8288, 3.
 */
export function parseIceServers(header: string | null): RTCIceServer[] {
  // URLs and quoted values may contain commas, so match whole links instead of splitting at commas.
  const links = (header ?? '').matchAll(
    /<([^<>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]+))*)/g,
  )
  return [...links].flatMap(([, urls = '', rest = '']) => {
    const parameters = parametersOf(rest)
    const isIceServer =
      parameters.get('rel')?.split(/\s+/).includes('ice-server') && /^(stun|turn)s?:/i.test(urls)
    if (!isIceServer) return []
    const username = parameters.get('username')
    const credential = parameters.get('credential')
    // Browsers reject the whole configuration if a TURN server has no credentials.
    if (/^turn/i.test(urls) && (username === undefined || credential === undefined)) return []
    return [{ urls, ...(username === undefined ? {} : { username, credential: credential ?? '' }) }]
  })
}

const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag'
/** Status codes of a server that does not accept candidates (RFC 9725, 4.3; RFC 9110, 15). */
const trickleUnsupported = [405, 415, 422, 501]

/** A session created by a WHIP endpoint. Source: RFC 9725. */
export interface WhipSession {
  /** The server's answer, updated by the last ICE restart. */
  readonly answer: string
  /** True if the server supports ICE restarts, because it sent an ETag. */
  readonly canRestartIce: boolean
  /** STUN and TURN servers from the `Link` headers. */
  readonly iceServers: RTCIceServer[]
  /** URL of the session. */
  readonly url: string
  /** Sends candidates. Does nothing once the server has rejected trickling. */
  trickle(fragment: string, signal: AbortSignal): Promise<void>
  /** Sends new credentials and returns the server's fragment. */
  restartIce(fragment: string, token: string, signal: AbortSignal): Promise<string>
  /** Ends the session. Works while the page is closing. */
  end(): void
}

/** Reads the session's URL from the `Location` header. @throws VoiceAgentError `signalling-rejected` */
function locationOf(response: SignallingAnswer, endpoint: string): string {
  const location = response.headers.get('Location')
  const base = response.url || new URL(endpoint, globalThis.location?.href).href
  const url = location !== null && URL.canParse(location, base) ? new URL(location, base) : null
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.href
  throw new VoiceAgentError(
    'signalling-rejected',
    `${describeRequest('POST', endpoint)} must answer with a Location header; none could be read. A server on another origin must also send Access-Control-Expose-Headers.`,
  )
}

/** Creates a session by sending an offer to a WHIP endpoint. Rejects with the errors of {@link signallingRequest}. */
export async function startWhipSession(
  endpoint: string,
  { offer, token: firstToken, signal }: { offer: string; token: string; signal: AbortSignal },
): Promise<WhipSession & { setAnswer(answer: string): void }> {
  let token = firstToken
  const response = await signallingRequest(endpoint, {
    method: 'POST',
    token,
    headers: { 'Content-Type': 'application/sdp' },
    body: offer,
    signal,
  })
  const url = locationOf(response, endpoint)
  let etag = response.headers.get('ETag')
  let supportsTrickle = true
  let answer = response.text

  const patch = (
    body: string,
    match: string | null,
    signal: AbortSignal,
    acceptedStatuses: number[] = [],
  ) => {
    const headers = { 'Content-Type': FRAGMENT_TYPE, ...(match === null ? {} : { 'If-Match': match }) }
    return signallingRequest(url, { method: 'PATCH', token, headers, body, acceptedStatuses, signal })
  }

  return {
    get answer() {
      return answer
    },
    setAnswer(next) {
      answer = next
    },
    canRestartIce: etag !== null,
    iceServers: parseIceServers(response.headers.get('Link')),
    url,
    async trickle(fragment, signal) {
      if (!supportsTrickle) return
      const { status } = await patch(fragment, etag, signal, trickleUnsupported)
      supportsTrickle = !trickleUnsupported.includes(status)
    },
    async restartIce(fragment, renewed, signal) {
      token = renewed
      const restarted = await patch(fragment, '*', signal)
      etag = restarted.headers.get('ETag') ?? etag
      supportsTrickle = true
      return restarted.text
    },
    end() {
      const headers = { Authorization: `Bearer ${token}` }
      // Ignores errors: a server that misses the request detects the silence.
      void fetch(url, { method: 'DELETE', headers, keepalive: true }).catch(() => undefined)
    },
  }
}
