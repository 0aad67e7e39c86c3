import { type Rule, type RuleId, rules } from './rules.js'
import type { ConformanceCase, TransportUnderTest } from './subject.js'

export { answerSdp as conformanceAnswer } from './description.js'
export type { ConformanceCase, ConformanceKind, ConformanceProvider, TransportUnderTest } from './subject.js'

/**
 * Tests a transport against a double of its provider, with any test runner, in Node or in a browser. Runs the port's own code with a
 * fake peer connection and microphone, which need no network or device.
 *
 * Each case replaces `fetch`, the timers and `getUserMedia` while it runs: run them one after another, with real timers.
 *
 * @example
 * for (const { name, isSkipped, run } of transportConformance({ transport: lineTransport(), provider: createLineDouble }))
 *   it.skipIf(isSkipped)(name, run)
 */
export function transportConformance(subject: TransportUnderTest): ConformanceCase[] {
  const provider = subject.provider()
  return Object.entries<Rule>(rules).map(([id, { kind, name, isSkipped }]) => ({
    kind,
    name,
    isSkipped: isSkipped?.(provider) ?? false,
    run: async () => (await import('./cases.js')).runRule(id as RuleId, subject),
  }))
}
