import { transportConformance } from 'redux-voice-agent/testing'
import { describe, it } from 'vitest'
import { subjects } from '../../unit/transports/conformance/doubles.js'

// The same cases as in Node, where the mutants also run.
for (const [name, subject] of Object.entries(subjects)) {
  describe(name, () => {
    for (const { name: rule, isSkipped, run } of transportConformance(subject))
      it.skipIf(isSkipped)(rule, run)
  })
}
