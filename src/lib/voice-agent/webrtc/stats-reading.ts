import type { NetworkReading } from '../../../../middleware/drivers/call/page-ports.js'

/** Statistics as in the W3C standard. Every browser lacks some of the fields. */
type Report = { id: string; type: string; kind?: string } & Record<string, unknown>

const number = (value: unknown): number | null => (typeof value === 'number' ? value : null)
const milliseconds = (seconds: unknown) => (typeof seconds === 'number' ? seconds * 1000 : null)

/** Finds the candidate pair in use. Firefox marks it with `selected`; in the standard, the transport refers to it. */
function selectedPair(reports: readonly Report[]): Report | undefined {
  const selected = reports.find(({ type }) => type === 'transport')?.selectedCandidatePairId
  return reports.find(
    (report) => report.type === 'candidate-pair' && (report.id === selected || report.selected === true),
  )
}

/**
 * Converts the counters of `getStats()`: times in milliseconds, sizes in bytes. Source of the names: W3C Identifiers for WebRTC's
 * Statistics API.
 *
 * @param connection Number of the peer connection, because each connection counts from zero.
 */
export function toReading(stats: RTCStatsReport, connection: number): NetworkReading {
  const reports = [...stats.values()] as Report[]
  const audio = (type: string) => reports.find((report) => report.type === type && report.kind === 'audio')
  const [inbound, outbound, remote] = [
    audio('inbound-rtp'),
    audio('outbound-rtp'),
    audio('remote-inbound-rtp'),
  ]
  const pair = selectedPair(reports)
  return {
    connection,
    at: number(inbound?.timestamp ?? outbound?.timestamp ?? pair?.timestamp) ?? Date.now(),
    roundTripMs: milliseconds(pair?.currentRoundTripTime) ?? milliseconds(remote?.roundTripTime),
    jitterMs: milliseconds(inbound?.jitter),
    soundEnergy: number(inbound?.totalAudioEnergy) ?? 0,
    packetsReceived: number(inbound?.packetsReceived) ?? 0,
    packetsLost: number(inbound?.packetsLost) ?? 0,
    packetsSent: number(outbound?.packetsSent) ?? 0,
    remotePacketsLost: number(remote?.packetsLost) ?? 0,
    bytesReceived: number(inbound?.bytesReceived) ?? 0,
    bytesSent: number(outbound?.bytesSent) ?? 0,
    transportBytesReceived:
      number(reports.find(({ type }) => type === 'transport')?.bytesReceived) ??
      number(pair?.bytesReceived) ??
      0,
  }
}

/**
 * Counts everything that has arrived: bytes of any kind, including RTCP and data channel acknowledgements, and STUN messages, which
 * the byte counters exclude. Every browser lacks some of the counters.
 */
export function countSignsOfLife(stats: RTCStatsReport): number {
  let count = 0
  for (const report of stats.values() as IterableIterator<Report>) {
    const { type } = report
    if (type === 'transport' || type === 'candidate-pair') count += number(report.bytesReceived) ?? 0
    if (type === 'candidate-pair')
      count += (number(report.responsesReceived) ?? 0) + (number(report.requestsReceived) ?? 0)
    if (type === 'inbound-rtp') count += number(report.packetsReceived) ?? 0
  }
  return count
}

/** Returns the amplitude measured by the connection, linear from 0 to 1 (full scale); null if there is none. */
export function amplitudeIn(stats: RTCStatsReport, source: 'microphone' | 'agent'): number | null {
  const type = source === 'microphone' ? 'media-source' : 'inbound-rtp'
  for (const report of stats.values() as IterableIterator<Report>) {
    if (report.type === type && report.kind === 'audio') return number(report.audioLevel)
  }
  return null
}
