import { checkFunctions, checkMethods } from '../options/check-options.js'
import { type ObjectStore, REQUEST_LIMIT_MS } from './object-store.js'

/** A request that your server signs. */
export interface SignRequest {
  method: 'PUT' | 'GET' | 'DELETE' | 'LIST'
  /** Name of the object; for `LIST`, the prefix of the names. Up to 200 characters of `A-Z a-z 0-9 _ - /`. */
  name: string
  /** For `LIST`: where the last response ended. Pass it as `continuation-token`. Absent in the first request. */
  cursor?: string
}

/** Options of {@link presignedStore}. */
export interface PresignedStoreOptions {
  /**
   * Asks your server for a URL for one request to the user's own folder. For `LIST`, it signs a `GET` of the bucket with `list-type=2`,
   * `prefix` and `continuation-token`. The URL is absolute or starts with `/`.
   */
  sign(request: SignRequest): Promise<string | URL>
  /** Sends the requests. @default `fetch` */
  fetch?: typeof fetch
}

/**
 * Creates an object store on the S3 API with URLs that your server signs. The page has no credentials.
 *
 * @throws VoiceAgentError `invalid-option`
 * @example
 * const objects = presignedStore({
 *   async sign(request) {
 *     const response = await fetch('/api/backup/sign', { method: 'POST', body: JSON.stringify(request) })
 *     if (!response.ok) throw new Error(`The signer answered ${response.status}.`)
 *     return response.text()
 *   },
 * })
 */
export function presignedStore(options: PresignedStoreOptions): ObjectStore {
  checkMethods({ 'presignedStore: options': options }, ['sign'])
  const { sign, fetch: send = fetch } = options
  checkFunctions({ 'presignedStore: fetch': send })
  async function request(asked: SignRequest, init: RequestInit): Promise<Response> {
    const url = String(await sign(asked)).trim()
    // `fetch` would resolve anything else against the page, whose server may answer 200. The text may be a page of a proxy.
    if (!/^(https?:\/)?\/\S+$/i.test(url))
      throw new Error('sign() must resolve with the URL of the request, from http, https or /.')
    // The URL grants access, so no other server may see it.
    const response = await send(url, {
      ...init,
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    })
    if (response.ok || response.status === 404) return response
    throw new Error(`The object store answered ${response.status} to ${asked.method}.`)
  }
  const failed = ({ status }: Response, method: string) =>
    new Error(`The object store answered ${status} to ${method}.`)

  return {
    async put(name, bytes) {
      const response = await request({ method: 'PUT', name }, { method: 'PUT', body: bytes.slice() })
      if (!response.ok) throw failed(response, 'PUT')
    },
    async get(name) {
      const response = await request({ method: 'GET', name }, { method: 'GET' })
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : null
    },
    async delete(name) {
      await request({ method: 'DELETE', name }, { method: 'DELETE' })
    },
    async list(prefix) {
      const names: string[] = []
      const cursors = new Set<string>()
      for (let cursor: string | null = null; ; ) {
        const asked: SignRequest = { method: 'LIST', name: prefix, ...(cursor === null ? {} : { cursor }) }
        const response = await request(asked, { method: 'GET' })
        if (!response.ok) throw failed(response, 'LIST')
        const page = readPage(await response.text(), prefix)
        names.push(...page.names)
        if (page.cursor === null) return names
        if (cursors.has(page.cursor)) throw new Error('The object store lists the same page twice.')
        cursors.add(page.cursor)
        cursor = page.cursor
      }
    },
  }
}

/** Parses a ListObjectsV2 response, whose prefix and keys start with the user's folder. */
function readPage(xml: string, prefix: string): { names: string[]; cursor: string | null } {
  const contents = (tag: string) =>
    [...xml.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map(([, text = '']) => text)
  const [listed] = contents('Prefix')
  if (listed === undefined || !listed.endsWith(prefix))
    throw new Error('The object store answered LIST with something else than a list of this prefix.')
  const folder = listed.slice(0, listed.length - prefix.length)
  const [token] = contents('NextContinuationToken')
  return {
    names: contents('Key').map((key) => key.slice(folder.length)),
    cursor: contents('IsTruncated')[0] === 'true' ? decodeEntities(token ?? '') : null,
  }
}

const entities: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
}
const decodeEntities = (text: string) =>
  text.replaceAll(/&(?:amp|lt|gt|quot|apos);/g, (name) => entities[name] ?? name)
