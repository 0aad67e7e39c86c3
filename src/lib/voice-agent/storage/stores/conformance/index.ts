import type { OpenByteStore } from '../byte-store.js'
import { type StoreConformanceKind, type StoreRuleId, storeRules } from './rules.js'

export type { StoreConformanceKind }

/** One test of a store. */
export interface StoreConformanceCase {
  kind: StoreConformanceKind
  name: string
  /** Rejects with an error that says which rule is broken. */
  run(): Promise<void>
}

/**
 * Tests of a custom store, for any test runner, where the store runs: in a browser, a worker or Node. Each case opens stores under
 * its own names, which begin with `conformance-`, and leaves them empty.
 *
 * @param open Opens a store, as in `persistence.store`.
 * @example
 * for (const { name, run } of storeConformance(open)) it(name, run)
 */
export function storeConformance(open: OpenByteStore): StoreConformanceCase[] {
  return Object.entries(storeRules).map(([id, { kind, name }]) => ({
    kind,
    name,
    run: async () => (await import('./cases.js')).runStoreRule(id as StoreRuleId, open),
  }))
}
