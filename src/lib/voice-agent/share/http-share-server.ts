import { check, checkFunctions, checkObjects, isName } from '../options/check-options.js'
import { type Bytes, decodeText, encodeText } from './bytes.js'
import { asShareError, ShareError, type ShareErrorCode } from './share-error.js'
import type { ShareServer, StoredComment, StoredShare } from './share-server.js'

/** Options of {@link httpShareServer}. */
export interface HttpShareServerOptions {
  /** URL of the shares, such as `/api/shares`. */
  url: string
  /** Sends the requests. Replace it to authenticate requests that create shares. @default `fetch`, without cookies */
  fetch?: typeof fetch
}

/** Maximum bytes of a response: a share of maximum size in base64url, and its fields. */
const MAX_ANSWER_BYTES = 1_500_000

/** Time limit of a request, in milliseconds. */
const TIMEOUT_MS = 30_000

/** Error codes of the protocol, in a response body. */
const codes = new Map<unknown, ShareErrorCode>(
  Object.entries({
    share_missing: 'share-missing',
    share_expired: 'share-expired',
    share_revoked: 'share-revoked',
    share_refused: 'share-refused',
    share_full: 'share-full',
    body_too_large: 'share-too-large',
  }),
)

/**
 * Calls a server that implements the guide's protocol. Request URLs contain ids, but no keys or secrets. A request fails with
 * `share-unreachable` after 30 s, or if the response does not follow the protocol, such as a proxy's page.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * const server = httpShareServer({ url: '/api/shares' })
 */
export function httpShareServer(options: HttpShareServerOptions): ShareServer {
  checkObjects({ 'httpShareServer: options': options })
  const { url, fetch: send = fetch } = options
  check({ 'httpShareServer: url': url }, isName, "a URL or path such as '/api/shares'")
  checkFunctions({ 'httpShareServer: fetch': send })
  const base = url.replace(/\/+$/, '')

  async function request(
    path: string,
    method: string,
    body?: unknown,
    cancelled?: AbortSignal,
  ): Promise<unknown> {
    const timeout = AbortSignal.timeout(TIMEOUT_MS)
    let response: Response
    let answer: unknown
    try {
      response = await send(`${base}/${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
        cache: 'no-store',
        credentials: 'omit',
        // A redirect would send the body to another server.
        redirect: 'error',
        referrerPolicy: 'no-referrer',
        signal: cancelled ? AbortSignal.any([cancelled, timeout]) : timeout,
      })
      answer = response.status === 204 ? null : parse(await readAtMost(response, MAX_ANSWER_BYTES, method))
    } catch (error) {
      throw asShareError(error)
    }
    // A proxy or an app's fallback may return 200 with a page; then nothing was stored or revoked.
    if (method === 'GET' ? response.ok && answer !== null : response.status === 204) return answer
    const { error } = (answer ?? {}) as { error?: { code?: unknown } }
    const fallback = response.status === 413 ? 'share-too-large' : 'share-unreachable'
    const code = codes.get(error?.code) ?? fallback
    throw new ShareError(code, `The server of the shares answered ${response.status} to ${method}.`)
  }

  return {
    async put(id, share, { signal } = {}) {
      await request(id, 'PUT', share, signal)
    },
    // The callers check what `get` and `listComments` return.
    get: async (id) => (await request(id, 'GET')) as StoredShare,
    async revoke(id, secret) {
      await request(`${id}/revoke`, 'POST', { secret })
    },
    async addComment(id, secret, comment) {
      await request(`${id}/comments`, 'POST', { secret, comment })
    },
    async listComments(id, from) {
      const answer = (await request(`${id}/comments?from=${from}`, 'GET')) as { comments: StoredComment[] }
      return answer.comments
    },
  }
}

/** Returns null for text that is not JSON, such as a proxy's page. */
function parse(bytes: Bytes): unknown {
  try {
    return JSON.parse(decodeText(bytes))
  } catch {
    return null
  }
}

/**
 * Stops reading a longer response.
 *
 * @throws ShareError `share-unreadable`, because no share of this package is that long; `share-unreachable` for a response without a share
 */
async function readAtMost(response: Response, most: number, method: string): Promise<Bytes> {
  if (!response.body) return encodeText(await response.text())
  const parts: BlobPart[] = []
  let length = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    parts.push(value)
    length += value.length
    if (length > most) {
      await reader.cancel()
      throw new ShareError(method === 'GET' ? 'share-unreadable' : 'share-unreachable')
    }
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}
