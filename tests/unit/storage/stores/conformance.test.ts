import { type StoreConformanceKind, storeConformance } from 'redux-voice-agent/storage'
import { memoryStores } from 'redux-voice-agent/storage/stores'
import { describe, expect, it } from 'vitest'
import { type Fault, faultyStores } from './faulty-stores.js'

describe('a memory store', () => {
  for (const { name, run } of storeConformance(memoryStores())) it(name, run)
})

/** Faulty stores, each with the kind of case that must detect it. */
const mutants: Record<Fault, StoreConformanceKind> = {
  'applies half of a batch, then the rest': 'atomic',
  'reads values and ranges at two moments': 'atomic',
  'does writes in no order': 'atomic',
  'checks its conditions before it waits': 'atomic',
  'ignores conditions': 'conditions',
  'ignores that a key must be missing': 'conditions',
  'compares lengths only': 'conditions',
  'takes an empty value for a missing one': 'conditions',
  'puts before it compares': 'conditions',
  'deletes in spite of a conflict': 'conditions',
  'reports a conflict as written': 'conditions',
  'lies about every third write': 'model',
  'forgets when it is closed': 'durable',
  'forgets the index when it is closed': 'durable',
  'cuts large values short': 'durable',
  'keeps the buffer of a write': 'values',
  'gives out its own buffers': 'values',
  'drops the last byte of text with a zero': 'values',
  'gives missing values as empty ones': 'values',
  'puts before it removes': 'values',
  'removes the upper bound of a range': 'values',
  'does not remove ranges': 'values',
  'lists ranges unordered': 'ranges',
  'lists ranges as a dictionary does': 'ranges',
  'lists the upper bound of a range': 'ranges',
  'leaves out the lower bound of a range': 'ranges',
  'ignores reverse': 'ranges',
  'ignores limits': 'ranges',
  'limits before it reverses': 'ranges',
  'answers the first range only': 'ranges',
  'orders the index as text': 'index',
  'orders equal times at random': 'index',
  'includes the time of below': 'index',
  'skips entries with the time of after': 'index',
  'repeats the entry of after': 'index',
  'lists values without a time': 'index',
  'keeps deleted entries in the index': 'index',
  'keeps the first time of an entry': 'index',
  'ignores reverse in the index': 'index',
  'ignores limits of the index': 'index',
  'caches what it has read': 'tabs',
  'shares all between names': 'names',
}

describe('a wrong store fails', () => {
  it.each(Object.entries(mutants))('one that %s, in a case of the kind %s', async (fault, kind) => {
    const failed = new Set<StoreConformanceKind>()
    for (const { kind: own, run } of storeConformance(faultyStores(fault as Fault))) {
      await run().catch(() => failed.add(own))
    }
    expect(failed).toContain(kind)
  })
})
