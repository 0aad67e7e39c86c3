import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createConnectionEvents } from '../../../middleware/drivers/call/connection-events.js'
import type { ReportedEvent } from '../../../middleware/drivers/call/ports.js'

type Step = { push: ReportedEvent } | 'frame' | 'flush'

const turn = fc.constantFrom('a', 'b')
const words = fc.string({ maxLength: 3 })
const text: fc.Arbitrary<ReportedEvent> = fc.oneof(
  fc.record({ type: fc.constant('assistantTextAppended' as const), turnId: turn, delta: words }),
  fc.record({ type: fc.constant('assistantTextReplaced' as const), turnId: turn, text: words }),
)
const other: fc.Arbitrary<ReportedEvent> = fc.oneof(
  fc.record({ type: fc.constant('userTranscriptReceived' as const), text: words, final: fc.boolean() }),
  fc.record({ type: fc.constant('assistantTurnCompleted' as const), turnId: turn }),
  fc.record({ type: fc.constant('assistantTurnInterrupted' as const), turnId: turn }),
  fc.record({
    type: fc.constant('toolCallStarted' as const),
    toolCallId: words,
    name: words,
    arguments: fc.constant({}),
  }),
)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: text.map((push) => ({ push })) },
    { weight: 2, arbitrary: other.map((push) => ({ push })) },
    { weight: 2, arbitrary: fc.constant('frame' as const) },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
  ),
  { maxLength: 60 },
)

/** Texts of both turns as seen by each non-text event, and at the end. */
function conversationOf(events: readonly ReportedEvent[]) {
  const texts: Record<string, string> = {}
  const seen: unknown[] = []
  for (const event of events) {
    if (event.type === 'assistantTextAppended')
      texts[event.turnId] = (texts[event.turnId] ?? '') + event.delta
    else if (event.type === 'assistantTextReplaced') texts[event.turnId] = event.text
    else seen.push([event, { ...texts }])
  }
  return { seen, texts }
}

it('passes on the same conversation in the same order, with text at most once per frame between other events', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const waiting: { run: (() => void) | null } = { run: null }
      const passed: ReportedEvent[] = []
      const events = createConnectionEvents(
        {
          request(next) {
            waiting.run = next
          },
          stop() {
            waiting.run = null
          },
        },
        ({ name, payload }) => passed.push({ type: name, ...(payload as object) } as ReportedEvent),
        () => {},
      )
      const pushed: ReportedEvent[] = []
      /** Occasions to pass on text: a frame, a flush, another event, another turn, and the first text after a pause. */
      let occasions = 1
      let lastTurn: string | null = null
      for (const step of all) {
        if (step === 'frame') {
          const due = waiting.run
          waiting.run = null
          due?.()
          occasions++
        } else if (step === 'flush') {
          events.flush()
          occasions++
        } else {
          const { push } = step
          const turnId = 'delta' in push || push.type === 'assistantTextReplaced' ? push.turnId : null
          if (turnId === null || turnId !== lastTurn) occasions++
          lastTurn = turnId ?? lastTurn
          // A frame without text ends the wait.
          if (waiting.run === null) occasions++
          pushed.push(push)
          events.push(push)
        }
      }
      events.flush()
      events.stop()
      expect(conversationOf(passed)).toEqual(conversationOf(pushed))
      const isText = ({ type }: ReportedEvent) =>
        type === 'assistantTextAppended' || type === 'assistantTextReplaced'
      expect(passed.filter(isText).length).toBeLessThanOrEqual(occasions + 1)
    }),
    { numRuns: 500 },
  )
})
