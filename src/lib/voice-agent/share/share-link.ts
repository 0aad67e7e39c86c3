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

/** Returns a link with id and key in its fragment, which browsers don't send to servers. */
export function formatLink(viewerUrl: string, { id, key }: ShareAddress): string {
  return `${viewerUrl}#${id}${key ? `.${toBase64Url(key)}` : ''}`
}

/** @throws VoiceAgentError `invalid-option` for a URL that can't be a viewer's */
export function checkViewerUrl(viewerUrl: string): void {
  if (typeof viewerUrl === 'string' && URL.canParse(viewerUrl)) {
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
 * Parses a link or its fragment.
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

/**
 * Matches fragments that may be a link, also a damaged one. They contain a text as long as an id or half a key, or only the characters of
 * a link. Routes such as `#/orders` and settings such as `#tab=2` don't match.
 */
const FRAGMENT = /^#(?![!/]).*[\w-]{22}|^#[\w.%-]+$/

/** True if the fragment is the target of a link within this page. */
function isOnPage(fragment: string): boolean {
  const id = fragment.slice(1)
  return id === 'top' || document.getElementById(id) !== null
}

/**
 * Returns this page's link, and removes its fragment from the address bar and the history entry. Does the same for a damaged link, which
 * may contain the key: `openShare` then rejects with `share-link-invalid`. Call it once, on the page that shows shares, before any other
 * code reads the URL, such as analytics. If the fragment is a route or names an element of the page, returns null and changes nothing.
 *
 * @example
 * const link = takeShareLink()
 */
export function takeShareLink(): string | null {
  const { href, hash } = location
  if (!FRAGMENT.test(hash) || isOnPage(hash)) return null
  history.replaceState(history.state, '', href.slice(0, href.indexOf('#')))
  return href
}
