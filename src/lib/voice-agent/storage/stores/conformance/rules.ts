/** Part of the contract that a conformance case checks. */
export type StoreConformanceKind =
  | 'values'
  | 'conditions'
  | 'atomic'
  | 'ranges'
  | 'index'
  | 'durable'
  | 'tabs'
  | 'names'
  | 'model'

const rule = (kind: StoreConformanceKind, name: string) => ({ kind, name })

export const storeRules = {
  bytes: rule('values', 'returns the stored bytes, and null for a key without a value'),
  copies: rule('values', 'keeps copies: changing the bytes later does not change what is stored'),
  replaces: rule('values', 'replaces a value'),
  removes: rule('values', 'deletes keys and ranges before it puts'),
  conditions: rule('conditions', 'writes only if each key has the expected value'),
  conflicts: rule('conditions', 'changes nothing and returns conflict if a condition does not hold'),
  moments: rule('atomic', 'shows a write in all of a read or in none of it'),
  order: rule('atomic', 'applies writes in the order in which they were requested'),
  races: rule('atomic', 'lets one of several writers with the same condition win'),
  ranges: rule('ranges', 'lists a range by character codes, excluding its upper bound'),
  limits: rule('ranges', 'limits a range from the end at which it starts'),
  index: rule('index', 'lists the index by time, and equal times by key'),
  pages: rule('index', 'continues the index after a position, even between equal times'),
  moves: rule('index', 'moves and deletes an index entry with its value'),
  reopens: rule('durable', 'keeps everything after it is closed and reopened'),
  amounts: rule('durable', 'holds large values and many values'),
  tabs: rule('tabs', 'shows what another open store of the same name has written'),
  names: rule('names', 'shares nothing between names'),
  model: rule('model', 'handles 200 random batches like a model'),
} as const

export type StoreRuleId = keyof typeof storeRules
