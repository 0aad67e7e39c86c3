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
