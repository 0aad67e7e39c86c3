import { VoiceAgentError } from '../../../../store/index.js'
import { toBase64Url } from '../storage/records/record.js'
import { type Bytes, fromText } from './bytes.js'
import { isId, isKey } from './share-crypto.js'
import { ShareError } from './share-error.js'

/** Id and key of a share. The key is null if the link is for one person. */
export interface ShareAddress {
  id: string
  key: Bytes | null
}

/** Returns a link with the id and the key in its fragment, which browsers send to no server. */
export function formatLink(viewerUrl: string, { id, key }: ShareAddress): string {
  return `${viewerUrl}#${id}${key ? `.${toBase64Url(key)}` : ''}`
}

/** @throws VoiceAgentError `invalid-option` for an address that can't be a viewer's */
export function checkViewerUrl(viewerUrl: string): void {
  if (URL.canParse(viewerUrl)) {
    const { origin, hash } = new URL(viewerUrl)
    const isSecure = /^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(origin)
    if (isSecure && hash === '' && !viewerUrl.endsWith('#')) return
  }
  throw new VoiceAgentError(
    'invalid-option',
    'createSharing: viewerUrl must be an absolute address on HTTPS or on this machine, without a fragment.',
  )
}

/**
 * Reads a link, or its fragment.
 *
 * @throws ShareError `share-locked` if there is no fragment, `share-link-invalid`
 */
export function readLink(link: string): ShareAddress {
  const fragment = link.slice(link.indexOf('#') + 1)
  if (fragment === '' || !link.includes('#')) throw new ShareError('share-locked')
  const [id, keyText, ...rest] = fragment.split('.')
  const key = keyText === undefined ? null : fromText(keyText)
  if (!isId(id) || rest.length > 0 || (keyText !== undefined && !isKey(key)))
    throw new ShareError('share-link-invalid')
  return { id, key }
}

/** Begins as a share does. It may be damaged, and is a secret nevertheless. */
const FRAGMENT = /^#[\w-]{22}(\.|$)/

/**
 * Returns the link of this page, and removes its fragment from the address bar and the history entry. Call it once, before anything else
 * reads the address, such as analytics. Returns null, and changes nothing, if the fragment is not a share's.
 *
 * @example
 * const link = takeShareLink()
 */
export function takeShareLink(): string | null {
  const { href, hash } = location
  if (!FRAGMENT.test(hash)) return null
  history.replaceState(history.state, '', href.slice(0, href.indexOf('#')))
  return href
}
