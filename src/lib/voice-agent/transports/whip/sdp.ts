import { VoiceAgentError } from '../../../../../store/index.js'

const linesOf = (sdp: string) => sdp.split(/\r?\n/).filter((line) => line !== '')
const join = (lines: string[]) => lines.map((line) => `${line}\r\n`).join('')
const isCredential = (line: string) => /^a=ice-(ufrag|pwd):/.test(line)
const isCandidate = (line: string) => /^a=(candidate:|end-of-candidates)/.test(line)
const find = (lines: string[], prefix: string) => lines.find((line) => line.startsWith(prefix))

/** Extracts the lines that each fragment of an offer needs. One media section represents all sections bundled with it. */
function sectionOf(offerSdp: string): { lines: string[]; mid: string } {
  const lines = linesOf(offerSdp)
  const start = lines.findIndex((line) => line.startsWith('m='))
  const next = lines.findIndex((line, index) => index > start && line.startsWith('m='))
  const section = lines.slice(start, next < 0 ? undefined : next)
  const mid = find(section, 'a=mid:')
  // Credentials before the first section apply to all sections (RFC 8839, 5.4).
  const ufrag = find([...section, ...lines], 'a=ice-ufrag:')
  const pwd = find([...section, ...lines], 'a=ice-pwd:')
  if (start < 0 || !mid || !ufrag || !pwd)
    throw new VoiceAgentError(
      'internal',
      'The offer must have a media section with a=mid, a=ice-ufrag and a=ice-pwd.',
    )
  return {
    lines: [find(lines, 'a=group:BUNDLE'), section[0], mid, ufrag, pwd].filter((line) => line !== undefined),
    mid: mid.slice('a=mid:'.length),
  }
}

/**
 * Formats candidates of an offer as `application/trickle-ice-sdpfrag`. Without candidates, formats only the credentials, for an
 * ICE restart. Source: RFC 9725, 4.3; RFC 8840, 9.
 *
 * @param candidates Candidates of other sections are omitted, because bundled sections share them.
 */
export function formatFragment(
  offerSdp: string,
  candidates: readonly { candidate: string; sdp_mid: string | null }[] = [],
): string {
  const { lines, mid } = sectionOf(offerSdp)
  const sectionCandidates = candidates.filter(({ sdp_mid }) => sdp_mid === null || sdp_mid === mid)
  return join([...lines, ...sectionCandidates.map(({ candidate }) => `a=${candidate.replace(/^a=/, '')}`)])
}

/**
 * Returns the answer after an ICE restart: the earlier answer with the credentials and candidates of the server's fragment
 * (RFC 9725, 4.3.3).
 *
 * @throws VoiceAgentError `signalling-rejected` for a fragment without credentials
 */
export function applyFragment(answerSdp: string, fragment: string): string {
  const fragmentLines = linesOf(fragment)
  const ufrag = find(fragmentLines, 'a=ice-ufrag:')
  const pwd = find(fragmentLines, 'a=ice-pwd:')
  if (!ufrag || !pwd) {
    throw new VoiceAgentError(
      'signalling-rejected',
      'The answer to an ICE restart must have a=ice-ufrag and a=ice-pwd; one is missing.',
    )
  }
  const candidates = fragmentLines.filter(isCandidate)
  let sections = 0
  const lines = linesOf(answerSdp)
    .filter((line) => !isCredential(line) && !isCandidate(line))
    .flatMap((line) => {
      // Every section repeats the credentials; the first one has the candidates.
      if (line.startsWith('a=mid:')) return [line, ufrag, pwd, ...(sections++ === 0 ? candidates : [])]
      return [line]
    })
  return join(lines)
}

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
