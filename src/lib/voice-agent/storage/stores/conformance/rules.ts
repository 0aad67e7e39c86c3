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
  bytes: rule('values', 'gives back the bytes that were stored, and null for a key that has none'),
  copies: rule('values', 'keeps copies: bytes that change later change nothing that is stored'),
  replaces: rule('values', 'replaces a value'),
  removes: rule('values', 'deletes keys and ranges, before it puts'),
  conditions: rule('conditions', 'writes only if each key has the expected value'),
  conflicts: rule('conditions', 'changes nothing, and answers conflict, if a condition does not hold'),
  moments: rule('atomic', 'shows a write in all of a read, or in none of it'),
  order: rule('atomic', 'does writes in the order in which they are asked for'),
  races: rule('atomic', 'lets one of several writers with the same condition win'),
  ranges: rule('ranges', 'lists a range by character codes, from its lower bound to before its upper one'),
  limits: rule('ranges', 'limits a range at the end where it begins'),
  index: rule('index', 'lists the index by time, and equal times by key'),
  pages: rule('index', 'continues the index behind a place, also between equal times'),
  moves: rule('index', 'moves an entry in the index with its value, and deletes it'),
  reopens: rule('durable', 'has everything after it is closed and opened again'),
  amounts: rule('durable', 'holds large values and many of them'),
  tabs: rule('tabs', 'shows what another open store of the same name has written'),
  names: rule('names', 'shares nothing between names'),
  model: rule('model', 'does 200 random batches as a model does'),
} as const

export type StoreRuleId = keyof typeof storeRules
