const unquote = (value: string) => value.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/g, '$1')

/** Parameters of one link: `; name="value"`. */
function parametersOf(text: string): Map<string, string> {
  const found = text.matchAll(/;\s*([\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]+)/g)
  return new Map([...found].map(([, name = '', value = '']) => [name.toLowerCase(), unquote(value)]))
}

/**
 * STUN and TURN servers of a `Link` header; other links, and what is neither, are left out.
 * Source: RFC 9725, 4.6; RFC 8288, 3.
 */
export function parseIceServers(header: string | null): RTCIceServer[] {
  // A comma may stand in an address or in quotes: only one before the next address parts two links.
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
    // A browser refuses a TURN server without credentials, and with it all the others.
    if (/^turn/i.test(urls) && (username === undefined || credential === undefined)) return []
    return [{ urls, ...(username === undefined ? {} : { username, credential: credential ?? '' }) }]
  })
}
