import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  dueStep,
  type Phase,
  type PhaseEvent,
  phaseAfter,
  type Step,
  type WritingFacts,
} from '../../../src/lib/voice-agent/storage/sessions/writing.js'

const phases: Phase[] = ['new', 'opening', 'open', 'suspended', 'full', 'closed']
const events: PhaseEvent[] = [
  'open',
  'opened',
  'openFailed',
  'hydrated',
  'suspend',
  'resume',
  'diskFull',
  'spaceChecked',
  'close',
]

const revision = fc.integer({ min: -1, max: 5 })
const anyFacts: fc.Arbitrary<WritingFacts> = fc.record({
  phase: fc.constantFrom(...phases),
  staged: revision,
  requested: revision,
  ready: revision,
  issued: revision,
  failed: revision,
  isEncrypting: fc.boolean(),
  isWriting: fc.boolean(),
  isLeaving: fc.boolean(),
})

/** The facts after a step was taken, before its response. */
const after: Record<Step, (facts: WritingFacts) => WritingFacts> = {
  open: (facts) => ({ ...facts, phase: phaseAfter(facts.phase, 'open') }),
  encrypt: (facts) => ({ ...facts, isEncrypting: true }),
  write: (facts) => ({ ...facts, issued: facts.ready, isWriting: true }),
}

test('steps end: none is due again before its response', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      let current = facts
      for (let count = 0; count < 4; count++) {
        const step = dueStep(current)
        if (step === null) return true
        current = after[step](current)
      }
      return dueStep(current) === null
    }),
  )
})

test('only an open session is written, and only from a batch that contains what was requested', () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      if (dueStep(facts) !== 'write') return true
      const { phase, ready, requested, issued, isWriting, isLeaving } = facts
      return phase === 'open' && ready >= requested && requested > issued && (!isWriting || isLeaving)
    }),
  )
})

test('a closed session does nothing until it is read again', () => {
  for (const event of events.filter((each) => each !== 'hydrated'))
    expect(phaseAfter('closed', event)).toBe('closed')
  expect(phaseAfter('closed', 'hydrated')).toBe('open')
  for (const phase of phases) {
    expect(phaseAfter(phase, 'close')).toBe('closed')
    expect(phaseAfter(phase, 'hydrated')).toBe('open')
  }
})

test('every phase except closed can return to open', () => {
  for (const phase of phases.filter((each) => each !== 'open')) {
    const reached = new Set<Phase>([phase])
    for (const each of reached) for (const event of events) reached.add(phaseAfter(each, event))
    expect(reached).toContain('open')
  }
})
