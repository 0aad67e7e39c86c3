import type { NetworkSample } from '../../../store/index.js'
import type { NetworkReading } from './ports.js'

/** Computes the share of `lost` in a period; null if nothing was counted. Clamps at 0, because late packets make a count decrease. */
function ratio(lost: number, arrived: number): number | null {
  const expected = Math.max(0, lost) + arrived
  return expected <= 0 ? null : Math.max(0, lost) / expected
}

/**
 * Computes the changes since the previous reading. For a new connection, whose counters begin at 0, the counters are the changes.
 *
 * @param lastHeardAt Time of the last message from the other side, in milliseconds since the epoch.
 */
export function toSample(
  previous: NetworkReading | null,
  current: NetworkReading,
  lastHeardAt: number,
): NetworkSample {
  const before = previous?.connection === current.connection ? previous : null
  const since = (read: (reading: NetworkReading) => number) => read(current) - (before ? read(before) : 0)
  const seconds = before ? (current.at - before.at) / 1000 : 0
  const rate = (read: (reading: NetworkReading) => number) =>
    seconds > 0 ? Math.round((Math.max(0, since(read)) * 8) / seconds) : null
  const lostThere = since(({ remotePacketsLost }) => remotePacketsLost)
  const sent = since(({ packetsSent }) => packetsSent)
  return {
    at: current.at,
    roundTripMs: current.roundTripMs,
    jitterMs: current.jitterMs,
    lossReceived: ratio(
      since(({ packetsLost }) => packetsLost),
      since(({ packetsReceived }) => packetsReceived),
    ),
    // Divides by the packets sent, which include the lost ones. The other side's count is late, so it may exceed this second's.
    lossSent: sent <= 0 ? null : Math.min(1, Math.max(0, lostThere) / sent),
    bitrateReceived: rate(({ bytesReceived }) => bytesReceived),
    bitrateSent: rate(({ bytesSent }) => bytesSent),
    silentMs: Math.max(0, current.at - lastHeardAt),
  }
}
