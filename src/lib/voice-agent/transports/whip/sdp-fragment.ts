import { VoiceAgentError } from '../../../../../store/index.js'

const linesOf = (sdp: string) => sdp.split(/\r?\n/).filter((line) => line !== '')
const join = (lines: string[]) => lines.map((line) => `${line}\r\n`).join('')
const isCredential = (line: string) => /^a=ice-(ufrag|pwd):/.test(line)
const isCandidate = (line: string) => /^a=(candidate:|end-of-candidates)/.test(line)
const find = (lines: string[], prefix: string) => lines.find((line) => line.startsWith(prefix))

/** What of an offer stands in each of its fragments: one media section speaks for all that are bundled with it. */
function sectionOf(offerSdp: string): { lines: string[]; mid: string } {
  const lines = linesOf(offerSdp)
  const start = lines.findIndex((line) => line.startsWith('m='))
  const next = lines.findIndex((line, index) => index > start && line.startsWith('m='))
  const own = lines.slice(start, next < 0 ? undefined : next)
  const mid = find(own, 'a=mid:')
  // Credentials may stand before the first section, for all of them (RFC 8839, 5.4).
  const ufrag = find([...own, ...lines], 'a=ice-ufrag:')
  const pwd = find([...own, ...lines], 'a=ice-pwd:')
  if (start < 0 || !mid || !ufrag || !pwd) throw new VoiceAgentError('internal', 'The offer has no ICE.')
  return {
    lines: [find(lines, 'a=group:BUNDLE'), own[0], mid, ufrag, pwd].filter((line) => line !== undefined),
    mid: mid.slice('a=mid:'.length),
  }
}

/**
 * Candidates of an offer as `application/trickle-ice-sdpfrag`; without any, the credentials alone, as an ICE restart needs them.
 * Source: RFC 9725, 4.3; RFC 8840, 9.
 *
 * @param candidates Those of other sections are left out: theirs are the same (bundle).
 */
export function formatFragment(
  offerSdp: string,
  candidates: readonly { candidate: string; sdp_mid: string | null }[] = [],
): string {
  const { lines, mid } = sectionOf(offerSdp)
  const own = candidates.filter(({ sdp_mid }) => sdp_mid === null || sdp_mid === mid)
  return join([...lines, ...own.map(({ candidate }) => `a=${candidate.replace(/^a=/, '')}`)])
}

/**
 * The answer that an ICE restart leads to: the one there was, with the credentials and candidates of the server's fragment (RFC 9725, 4.3.3).
 *
 * @throws VoiceAgentError `signalling-rejected` for a fragment without credentials.
 */
export function applyFragment(answerSdp: string, fragment: string): string {
  const given = linesOf(fragment)
  const ufrag = find(given, 'a=ice-ufrag:')
  const pwd = find(given, 'a=ice-pwd:')
  if (!ufrag || !pwd) {
    throw new VoiceAgentError('signalling-rejected', 'The ICE restart was answered without credentials.')
  }
  const candidates = given.filter(isCandidate)
  let sections = 0
  const lines = linesOf(answerSdp)
    .filter((line) => !isCredential(line) && !isCandidate(line))
    .flatMap((line) => {
      // Attributes stand behind a section's connection line; every section repeats the credentials, the first has the candidates.
      if (line.startsWith('a=mid:')) return [line, ufrag, pwd, ...(sections++ === 0 ? candidates : [])]
      return [line]
    })
  return join(lines)
}
