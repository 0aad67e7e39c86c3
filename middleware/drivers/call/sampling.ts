import { type Clock, pause } from '../../clock.js'
import type { Fact } from '../../live/state.js'
import { toSample } from './network-sample.js'
import type { CallMedia, NetworkReading, Visibility } from './ports.js'

/** Milliseconds between two samples. */
export const sampleInterval = 1_000

/** Samples the network of one call, connection by connection. */
export interface Sampling {
  start(connectionId: string): void
  stop(): void
}

/** Takes one sample a second while the page is visible: one action each, and none at any other time. */
export function createSampling({
  media,
  visibility,
  clock,
  report,
}: {
  media: Pick<CallMedia, 'readNetwork'>
  visibility: Visibility
  clock: Clock
  report(fact: Fact): void
}): Sampling {
  let running = new AbortController()
  /** Not cleared while the page is hidden, so that the next sample covers all the time since. */
  let previous: NetworkReading | null = null
  let lastHeardAt = 0
  let stopWatching = () => {}

  async function sample(connectionId: string, signal: AbortSignal) {
    for (;;) {
      await pause(clock, sampleInterval, signal)
      if (signal.aborted) return
      const reading = await media.readNetwork().catch(() => null)
      if (signal.aborted) return
      if (!reading) continue
      if (reading.transportBytesReceived !== previous?.transportBytesReceived) lastHeardAt = reading.at
      report({
        name: 'networkSampled',
        payload: { connectionId, sample: toSample(previous, reading, lastHeardAt) },
      })
      previous = reading
    }
  }

  return {
    start(connectionId) {
      const restart = () => {
        running.abort()
        if (!visibility.isVisible()) return
        running = new AbortController()
        void sample(connectionId, running.signal)
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
