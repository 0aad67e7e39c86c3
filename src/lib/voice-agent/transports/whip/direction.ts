/** Audio directions in an answer, from its sender's point of view. */
export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

/**
 * Reads the direction of the first audio section of an answer; `inactive` if there is none or it is refused.
 * Source: RFC 8866, 6.7; RFC 3264, 6 (a port of 0 refuses a section).
 */
export function audioDirectionOf(sdp: string): Direction {
  const [session = '', ...sections] = sdp.split(/\r?\n(?=m=)/)
  const audio = sections.find((section) => section.startsWith('m=audio '))
  if (!audio || audio.startsWith('m=audio 0 ')) return 'inactive'
  const read = (part: string) => /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(part)?.[1]
  return (read(audio) ?? read(session) ?? 'sendrecv') as Direction
}

export const isSending = (direction: Direction) => direction === 'sendrecv' || direction === 'sendonly'
export const isReceiving = (direction: Direction) => direction === 'sendrecv' || direction === 'recvonly'

/**
 * Returns an answer whose audio direction fits the offer. Some servers answer `sendrecv` to a one-way offer, as Pion's
 * example does; browsers refuse such an answer (RFC 3264, 6.1).
 */
export function fitAnswer(sdp: string, offered: 'sendrecv' | 'sendonly' | 'recvonly'): string {
  if (offered === 'sendrecv' || audioDirectionOf(sdp) !== 'sendrecv') return sdp
  const fitting = offered === 'sendonly' ? 'recvonly' : 'sendonly'
  const [session = '', ...sections] = sdp.split(/(?=^m=)/m)
  const fitted = sections.map((section) => {
    if (!section.startsWith('m=audio ')) return section
    const claim = /^a=sendrecv\r?$/m
    return claim.test(section)
      ? section.replace(claim, `a=${fitting}\r`)
      : `${section.replace(/\r?\n$/, '')}\r\na=${fitting}\r\n`
  })
  return [session, ...fitted].join('')
}
