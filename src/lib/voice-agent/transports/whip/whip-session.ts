import { VoiceAgentError } from '../../../../../store/index.js'
import { signallingRequest } from '../signalling-request.js'
import { parseIceServers } from './link-header.js'

const fragmentType = 'application/trickle-ice-sdpfrag'
/** What says that the server takes no candidates, now or ever (RFC 9725, 4.3; RFC 9110, 15). */
const takesNone = [405, 415, 422, 501]

/** A session that a WHIP endpoint has made. Source: RFC 9725. */
export interface WhipSession {
  /** The server's answer, as the last ICE restart left it. */
  readonly answer: string
  /** Whether it takes ICE restarts: those that do give a session an ETag. */
  readonly canRestartIce: boolean
  /** Of the `Link` headers. */
  readonly iceServers: RTCIceServer[]
  /** Where the session is. */
  readonly url: string
  /** Sends candidates; does nothing any more once the server has said that it takes none. */
  trickle(fragment: string, signal: AbortSignal): Promise<void>
  /** Gives the server's fragment. */
  restartIce(fragment: string, token: string, signal: AbortSignal): Promise<string>
  /** Ends the session, also while the page goes. */
  end(): void
}

/** Where the session is, as the endpoint says it. @throws VoiceAgentError `signalling-rejected` */
function locationOf(response: Response, endpoint: string): string {
  const location = response.headers.get('Location')
  const base = response.url || new URL(endpoint, globalThis.location?.href).href
  const url = location !== null && URL.canParse(location, base) ? new URL(location, base) : null
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url.href
  throw new VoiceAgentError(
    'signalling-rejected',
    'The WHIP endpoint did not say where the session is. In another origin it has to expose the header Location.',
  )
}

/** Has a WHIP endpoint answer an offer. @throws as `signallingRequest` */
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
  let takesCandidates = true
  let answer = await response.text()

  const patch = (body: string, match: string | null, signal: AbortSignal, understood: number[] = []) => {
    const headers = { 'Content-Type': fragmentType, ...(match === null ? {} : { 'If-Match': match }) }
    return signallingRequest(url, { method: 'PATCH', token, headers, body, understood, signal })
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
      if (!takesCandidates) return
      const { status } = await patch(fragment, etag, signal, takesNone)
      takesCandidates = !takesNone.includes(status)
    },
    async restartIce(fragment, renewed, signal) {
      token = renewed
      const restarted = await patch(fragment, '*', signal)
      etag = restarted.headers.get('ETag') ?? etag
      takesCandidates = true
      return restarted.text()
    },
    end() {
      const headers = { Authorization: `Bearer ${token}` }
      // Nobody waits for it: a server that misses it finds out by the silence.
      void fetch(url, { method: 'DELETE', headers, keepalive: true }).catch(() => undefined)
    },
  }
}
