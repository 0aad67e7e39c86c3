import type { NetworkSample } from '../../../store/index.js'
import type { Fact } from '../../live/events.js'
import { pause } from '../../waiting.js'
import type { CallMedia, NetworkReading, Visibility } from './page-ports.js'

/** Milliseconds between samples. */
export const SAMPLE_INTERVAL_MS = 1_000

/** Counters that a sample compares with the previous reading. */
type Counter =
  | 'packetsLost'
  | 'packetsReceived'
  | 'packetsSent'
  | 'remotePacketsLost'
  | 'bytesReceived'
  | 'bytesSent'

/** Computes the share of lost packets in a period; null if there were none at all. Clamps at 0, because late packets make the count decrease. */
function ratio(lost: number, arrived: number): number | null {
  const expected = Math.max(0, lost) + arrived
  return expected <= 0 ? null : Math.max(0, lost) / expected
}

/**
 * Computes the changes since the previous reading. A new connection's counters start at 0, so they are the changes themselves.
 *
 * @param lastHeardAt When anything last arrived from the other side, in milliseconds since the epoch.
 */
export function toSample(
  previous: NetworkReading | null,
  current: NetworkReading,
  lastHeardAt: number,
): NetworkSample {
  const before = previous?.connection === current.connection ? previous : null
  const since = (counter: Counter) => current[counter] - (before?.[counter] ?? 0)
  const seconds = before ? (current.at - before.at) / 1000 : 0
  const rate = (counter: Counter) =>
    seconds > 0 ? Math.round((Math.max(0, since(counter)) * 8) / seconds) : null
  const sent = since('packetsSent')
  return {
    at: current.at,
    roundTripMs: current.roundTripMs,
    jitterMs: current.jitterMs,
    lossReceived: ratio(since('packetsLost'), since('packetsReceived')),
    // Divides by the packets sent, which include lost ones. The other side's count lags, so it may exceed the packets of this second.
    lossSent: sent <= 0 ? null : Math.min(1, Math.max(0, since('remotePacketsLost')) / sent),
    bitrateReceived: rate('bytesReceived'),
    bitrateSent: rate('bytesSent'),
    silentMs: Math.max(0, current.at - lastHeardAt),
  }
}

/** Samples the network of one call, one connection at a time. */
export interface Sampling {
  /** @param onReading Called with each reading. */
  start(connectionId: string, onReading?: (reading: NetworkReading) => void): void
  stop(): void
}

/** Takes one sample per second while the page is visible. Each one is an action, so there are none while it is hidden. */
export function createSampling({
  media,
  visibility,
  report,
}: {
  media: Pick<CallMedia, 'readNetwork'>
  visibility: Visibility
  report(fact: Fact): void
}): Sampling {
  let running = new AbortController()
  /** Kept while the page is hidden, so that the next sample covers the whole time. */
  let previous: NetworkReading | null = null
  let lastHeardAt = 0
  let stopWatching = () => {}

  async function sample(
    connectionId: string,
    onReading: (reading: NetworkReading) => void,
    signal: AbortSignal,
  ) {
    for (;;) {
      await pause(SAMPLE_INTERVAL_MS, signal)
      // Checked here too, because a picture-in-picture window closes without an event in the page behind it.
      if (signal.aborted || !visibility.isVisible()) return
      const reading = await media.readNetwork().catch(() => null)
      if (signal.aborted) return
      if (!reading) continue
      if (reading.transportBytesReceived !== previous?.transportBytesReceived) lastHeardAt = reading.at
      report({
        name: 'networkSampled',
        payload: { connectionId, sample: toSample(previous, reading, lastHeardAt) },
      })
      previous = reading
      onReading(reading)
    }
  }

  return {
    start(connectionId, onReading = () => {}) {
      const restart = () => {
        running.abort()
        if (!visibility.isVisible()) return
        running = new AbortController()
        void sample(connectionId, onReading, running.signal)
      }
      stopWatching()
      stopWatching = visibility.onChange(restart)
      restart()
    },
    stop() {
      stopWatching()
      stopWatching = () => {}
      running.abort()
    },
  }
}
