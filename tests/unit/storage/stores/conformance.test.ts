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
  'reads values and ranges in separate transactions': 'atomic',
  'reorders writes': 'atomic',
  'checks conditions before waiting': 'atomic',
  'ignores conditions': 'conditions',
  'ignores that a key must be missing': 'conditions',
  'compares lengths only': 'conditions',
  'treats an empty value as missing': 'conditions',
  'puts before it compares': 'conditions',
  'deletes despite a conflict': 'conditions',
  'reports a conflict as written': 'conditions',
  'lies about every third write': 'model',
  'loses data on close': 'durable',
  'loses the index on close': 'durable',
  'truncates large values': 'durable',
  'retains the buffer of a write': 'values',
  'returns its own buffers': 'values',
  'drops the last byte of text with a zero': 'values',
  'returns missing values as empty': 'values',
  'puts before it removes': 'values',
  'removes the upper bound of a range': 'values',
  'does not remove ranges': 'values',
  'lists ranges unordered': 'ranges',
  'sorts ranges by locale': 'ranges',
  'includes the upper bound of a range': 'ranges',
  'excludes the lower bound of a range': 'ranges',
  'ignores reverse': 'ranges',
  'ignores limits': 'ranges',
  'limits before it reverses': 'ranges',
  'reads only the first range': 'ranges',
  'sorts the index as text': 'index',
  'sorts equal times arbitrarily': 'index',
  'includes the time of below': 'index',
  'skips entries with the time of after': 'index',
  'repeats the entry of after': 'index',
  'lists values without a time': 'index',
  'keeps deleted entries in the index': 'index',
  'keeps the first time of an entry': 'index',
  'ignores reverse in the index': 'index',
  'ignores limits of the index': 'index',
  'caches reads': 'tabs',
  'shares data between databases': 'names',
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
