import { isAnyOf } from '@reduxjs/toolkit'
import type { HandlerContext } from '../context.js'
import { pause } from '../context.js'
import type { CallMedia, NetworkReading, Visibility } from './ports.js'
import { toSample } from './to-sample.js'

/** Milliseconds between two samples. */
export const sampleInterval = 1_000

/** Looks at the network once a second of a call that somebody can see: one action each, and none at any other time. */
export function handleSampling(
  { actions, selectors, startListening, dispatch, getState, clock, disposed }: HandlerContext,
  { media, visibility }: { media: Pick<CallMedia, 'readNetwork'>; visibility: Visibility },
): void {
  let running = new AbortController()
  /** Kept while nobody looks: the next sample tells of all the time since. */
  let previous: NetworkReading | null = null
  let lastHeardAt = 0

  async function sample(connectionId: string, signal: AbortSignal) {
    for (;;) {
      await pause(clock, sampleInterval, signal)
      if (signal.aborted) return
      const reading = await media.readNetwork().catch(() => null)
      if (signal.aborted) return
      if (!reading) continue
      if (reading.transportBytesReceived !== previous?.transportBytesReceived) lastHeardAt = reading.at
      dispatch(actions.networkSampled({ connectionId, sample: toSample(previous, reading, lastHeardAt) }))
      previous = reading
    }
  }

  function restart() {
    running.abort()
    const { status, connectionId } = selectors.selectConnection(getState())
    if (disposed.aborted || status !== 'connected' || connectionId === null || !visibility.isVisible()) return
    running = new AbortController()
    void sample(connectionId, running.signal)
  }

  startListening({
    matcher: isAnyOf(
      actions.connectionEstablished,
      actions.connectionLost,
      actions.connectionFailed,
      actions.connectionClosed,
      actions.sessionEnded,
    ),
    effect: restart,
  })

  const stopWatching = visibility.onChange(() => {
    // Before the store has taken the middleware in, there is no call to look at.
    if (getState() !== undefined) restart()
  })
  disposed.addEventListener('abort', () => {
    stopWatching()
    running.abort()
  })
}
