import type { MainState } from '../../../src/lib/voice-agent/backup/backup-state.js'
import { manifestName } from '../../../src/lib/voice-agent/backup/manifest.js'

/** Objects by name. */
export type ObjectMap = ReadonlyMap<string, Uint8Array>

/** Differences between the objects that a hostile store shows and those that it has. It keeps its objects, so an attack can end. */
export interface View {
  /** Names that it denies. */
  hidden: Set<string>
  /** Names that only its lists omit. */
  unlisted: Set<string>
  /** Bytes that it shows instead, also of objects that it does not have any longer. */
  replaced: Map<string, Uint8Array>
}

export const emptyView = (): View => ({ hidden: new Set(), unlisted: new Set(), replaced: new Map() })

export const isEmptyView = ({ hidden, unlisted, replaced }: View) =>
  hidden.size + unlisted.size + replaced.size === 0

/** The bytes that a store shows under a name. */
export function shownBytes({ hidden, replaced }: View, objects: ObjectMap, name: string): Uint8Array | null {
  return hidden.has(name) ? null : (replaced.get(name) ?? objects.get(name)?.slice() ?? null)
}

/** The names in a store's list. */
export function shownNames({ hidden, unlisted, replaced }: View, names: Iterable<string>): string[] {
  return [...new Set([...names, ...replaced.keys()])]
    .filter((name) => !hidden.has(name) && !unlisted.has(name))
    .sort()
}

export const attacks = [
  'roll back everything',
  'roll back the lists',
  'roll back one device',
  'withhold objects',
  'withhold manifests',
  'swap two objects',
  'swap two manifests',
  'alter a byte',
  'put a manifest under another number',
  'hide a device',
  'lose a put',
] as const
export type Attack = (typeof attacks)[number]

/** Integers in [0, end). */
type Below = (end: number) => number

/**
 * Attacks once, by changing the view, as a store's operator could.
 *
 * @param earlier The objects at an earlier moment.
 */
export function attack(
  kind: Attack,
  below: Below,
  objects: ObjectMap,
  earlier: ObjectMap,
  { hidden, unlisted, replaced }: View,
): void {
  const namesOf = (prefix: string) => [...objects.keys()].filter((name) => name.startsWith(prefix)).sort()
  const pick = (names: readonly string[]) => names[below(names.length)] as string
  const some = (names: readonly string[]) => names.filter(() => below(3) === 0)
  const manifests = namesOf('manifest/')
  const contents = namesOf('object/')
  const bytesOf = (name: string) => objects.get(name) as Uint8Array

  function swap(names: readonly string[]): void {
    if (names.length < 2) return
    const [a, b] = [pick(names), pick(names)]
    replaced.set(a, bytesOf(b)).set(b, bytesOf(a))
  }

  function withhold(names: readonly string[]): void {
    for (const name of names) hidden.add(name)
  }

  const kinds: Record<Attack, () => void> = {
    'roll back everything': () => {
      for (const name of objects.keys()) if (!earlier.has(name)) hidden.add(name)
      for (const [name, bytes] of earlier) if (!objects.has(name)) replaced.set(name, bytes)
    },
    'roll back the lists': () => {
      for (const name of objects.keys()) if (!earlier.has(name)) unlisted.add(name)
    },
    'roll back one device': () => {
      if (manifests.length === 0) return
      const device = pick(manifests).split('/')[2]
      const chain = manifests.filter((name) => name.split('/')[2] === device)
      withhold(chain.slice(below(chain.length)))
    },
    'withhold objects': () => withhold(some(contents)),
    'withhold manifests': () => withhold(some(manifests)),
    'swap two objects': () => swap(contents),
    'swap two manifests': () => swap(manifests),
    'alter a byte': () => {
      const all = [...manifests, ...contents]
      if (all.length === 0) return
      const name = pick(all)
      const bytes = bytesOf(name).slice()
      const at = below(bytes.length)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8))
      replaced.set(name, bytes)
    },
    'put a manifest under another number': () => {
      if (manifests.length === 0) return
      const name = pick(manifests)
      const next = (digits: string) => `${String(Number(digits) + 1).padStart(10, '0')}-`
      replaced.set(
        name.replace(/(\d{10})-/, (_, digits: string) => next(digits)),
        bytesOf(name),
      )
    },
    'hide a device': () => {
      const devices = namesOf('device/')
      if (devices.length === 0) return
      const id = pick(devices).split('/')[2] as string
      withhold([...objects.keys()].filter((name) => name.includes(id)))
    },
    'lose a put': () => {
      if (contents.length > 0) hidden.add(pick(contents))
    },
  }
  kinds[kind]()
}

/** Names of the newest manifests that a device has verified or made. */
export function manifestsSeen({ vault, device, chain, pending, seen }: MainState): string[] {
  const own = pending ? pending.previous : chain[0]
  const places = Object.entries({ ...seen, ...(own ? { [device]: own } : {}) })
  return places.map(([id, place]) => manifestName(vault, id, place))
}

/** True if the lists show an earlier end of a chain than the manifests that a device has seen. */
export function isRolledBack(seen: readonly string[], shown: readonly string[]): boolean {
  const numberIn = (name: string) => Number(/(\d{10})-/.exec(name)?.[1])
  return seen.some((name) => {
    const chain = `${name.split('/').slice(0, 3).join('/')}/`
    const numbers = shown.filter((each) => each.startsWith(chain)).map(numberIn)
    return Math.max(0, ...numbers) < numberIn(name)
  })
}
