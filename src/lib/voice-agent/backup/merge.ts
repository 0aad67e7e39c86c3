import type { Clock, Entry } from './manifest.js'

/** True if `a` includes all saves in `b`. */
export const includes = (a: Clock, b: Clock) =>
  Object.entries(b).every(([device, count]) => (a[device] ?? 0) >= count)

/** Returns the clock that includes all saves of both. */
export function joinClocks(a: Clock, b: Clock): Clock {
  const joined: Record<string, number> = { ...a }
  for (const [device, count] of Object.entries(b)) joined[device] = Math.max(count, joined[device] ?? 0)
  return joined
}

/** A session in the backup, merged from all devices. */
export interface Merged {
  /** When the first device deleted it, in ms since the epoch by its clock; null if none did. A deletion is final. */
  deletedAt: number | null
  /** Newest versions: several if devices continued the session independently. The first one keeps the id. */
  versions: Entry[]
  /** Includes all saves of all versions. */
  clock: Clock
}

/** Merges the entries of all devices. The result does not depend on their order. */
export function mergeEntries(entries: Iterable<Entry>): Map<string, Merged> {
  const byId = new Map<string, Entry[]>()
  for (const entry of entries) byId.set(entry.id, [...(byId.get(entry.id) ?? []), entry])
  return new Map([...byId].map(([id, all]) => [id, merge(all)]))
}

function merge(entries: readonly Entry[]): Merged {
  const clock = entries.reduce<Clock>((joined, entry) => joinClocks(joined, entry.clock), {})
  const deletions = entries.flatMap(({ root, updatedAt }) => (root === null ? [updatedAt] : []))
  if (deletions.length > 0) return { deletedAt: Math.min(...deletions), versions: [], clock }
  const sorted = [...entries].sort(compareEntries)
  const versions = sorted.filter(
    (entry, index) =>
      !sorted.some(
        (other, at) =>
          at !== index &&
          includes(other.clock, entry.clock) &&
          // Equal clocks are from the same save: the first entry stays.
          (!includes(entry.clock, other.clock) || at < index),
      ),
  )
  const heads = new Set<string>()
  return {
    deletedAt: null,
    clock,
    versions: versions.filter(({ head }) => heads.size < heads.add(head).size),
  }
}

/** Latest first; equal times by the object's name, so that all devices have the same order. */
function compareEntries(a: Entry, b: Entry): number {
  return b.updatedAt - a.updatedAt || (String(a.root) < String(b.root) ? -1 : 1)
}
