import { cancelEverywhere, cancellation, definitions } from './cases.js'
import type { ConformanceCase, TransportUnderTest } from './subject.js'
import { inWorld } from './world.js'

export type { ConformanceCase, ConformanceKind, ConformanceProvider, TransportUnderTest } from './subject.js'
export { answerSdp as conformanceAnswer } from './world.js'

/**
 * Tests of a transport against a double of its provider, for any test runner, in Node or in a browser. They run the port's own code with a
 * peer connection and a microphone that need no network and no device.
 *
 * Each case replaces `fetch`, the timers and `getUserMedia` while it runs: run them one after another, with real timers.
 *
 * @example
 * for (const { name, isSkipped, run } of transportConformance({ transport: lineTransport(), provider: createLineDouble }))
 *   it.skipIf(isSkipped)(name, run)
 */
export function transportConformance(subject: TransportUnderTest): ConformanceCase[] {
  const provider = subject.provider()
  const cases = definitions.map(
    ({ kind, name, isSkipped, run }): ConformanceCase => ({
      kind,
      name,
      isSkipped: isSkipped?.(provider) ?? false,
      run: () => inWorld(subject, (world) => run(world, subject)),
    }),
  )
  const cancel: ConformanceCase = {
    ...cancellation,
    isSkipped: false,
    run: () => cancelEverywhere((run) => inWorld(subject, run)),
  }
  return [...cases.slice(0, 2), cancel, ...cases.slice(2)]
}
