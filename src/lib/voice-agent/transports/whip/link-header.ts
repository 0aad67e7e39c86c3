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
