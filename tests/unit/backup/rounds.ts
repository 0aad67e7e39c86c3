import { BackupError } from '../../../src/lib/voice-agent/backup/backup-error.js'
import type { ByteStore } from '../../../src/lib/voice-agent/storage/stores/byte-store.js'
import { ITERATIONS, ObjectStoreDouble, PASSPHRASE, Profile } from './support.js'

/** Part of every text, title and id in a round. */
export const CANARY = 'CANARY'

/** Mulberry32: a seeded random number generator. */
function createRandom(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (count: number) => Math.floor(next() * count)
  return { next, below, pick: <T>(items: readonly T[]): T => items[below(items.length)] as T }
}

type Random = ReturnType<typeof createRandom>

export const attacks = [
  'roll back everything',
  'roll back one device',
  'withhold objects',
  'withhold manifests',
  'swap two objects',
  'alter a byte',
  'put a manifest under another number',
  'hide a device',
  'lose a put',
] as const
export type Attack = (typeof attacks)[number]

/** Result of a round. */
export interface Round {
  seed: number
  attack: Attack | null
  /** Errors and skipped sessions that the devices reported, by code. */
  reported: Record<string, number>
  crashes: number
  /** True if the attack changed something that a device can detect. */
  isNoticeable: boolean
}

class CrashError extends Error {}

/**
 * Plays a seeded round: devices talk, sync, restore, delete and crash, on a network that loses requests and responses. In a hostile
 * round, the store also attacks once.
 *
 * Throws if anything wrong was restored, or if the store contains anything readable. A hostile round also throws if a detectable attack
 * went unreported, and an honest one if it doesn't restore everything.
 */
export async function playRound(
  seed: number,
  isHostile: boolean,
  objects = new ObjectStoreDouble(),
): Promise<Round> {
  const random = createRandom(seed)
  const round: Round = {
    seed,
    attack: isHostile ? random.pick(attacks) : null,
    reported: {},
    crashes: 0,
    isNoticeable: false,
  }
  /** All versions of each conversation that a user has ever seen, as JSON of the texts. */
  const history = new Map<string, Set<string>>()
  /** Texts that each device showed last. */
  const shown = new Map<string, readonly string[]>()
  const deleted = new Set<string>()
  /** A failed deletion may have been stored and may take effect later. */
  const mayBeDeleted = new Set<string>()
  const fault = createFaults(random, objects)
  const profiles: Profile[] = []

  const original = (id: string) => id.split('~')[0] as string
  const note = (code: string) => {
    round.reported[code] = (round.reported[code] ?? 0) + 1
  }

  async function attempt(task: () => Promise<unknown>): Promise<boolean> {
    try {
      const report = await task()
      const { skipped = [] } = (report ?? {}) as { skipped?: { code: string }[] }
      for (const { code } of skipped) note(code)
      return skipped.length === 0
    } catch (error) {
      if (error instanceof CrashError || fault.isDown) return false
      if (!(error instanceof BackupError)) throw error
      if (error.cause instanceof CrashError) return false
      note(error.code)
      return false
    }
  }

  async function record(profile: Profile, id: string): Promise<void> {
    const texts = JSON.stringify(await profile.texts(id))
    history.set(original(id), (history.get(original(id)) ?? new Set()).add(texts))
  }

  /** Throws if a device shows anything other than a version that a user has seen. */
  async function assertTrue(): Promise<void> {
    const now = new Map<string, string[]>()
    for (const profile of profiles) {
      for (const id of await profile.ids()) {
        const texts = JSON.stringify(await profile.texts(id))
        if (!history.get(original(id))?.has(texts))
          throw new Error(`${profile.name} shows a version of ${id} that never existed: ${texts}`)
        // A text may move only into a copy.
        const place = `${profile.name} ${original(id)}`
        now.set(place, [...(now.get(place) ?? []), ...(JSON.parse(texts) as string[])])
      }
    }
    for (const [place, texts] of shown) {
      const id = place.split(' ')[1] as string
      const isDeleted = [...mayBeDeleted].some((gone) => original(gone) === id)
      const lost = texts.find((text) => !now.get(place)?.includes(text))
      if (lost !== undefined && !isDeleted) throw new Error(`${place}: ${lost} is lost.`)
    }
    for (const [place, texts] of now) shown.set(place, texts)
    for (const [name, bytes] of objects.objects)
      if (name.includes(CANARY) || Buffer.from(bytes).includes(CANARY))
        throw new Error(`The store can read ${name}.`)
  }

  async function restartAfterCrash(index: number): Promise<void> {
    if (!fault.isDown) return
    round.crashes++
    fault.repair()
    profiles[index] = await (profiles[index] as Profile).restart()
  }

  for (const name of ['first', 'second']) {
    const profile = await Profile.create(name, objects, fault.wrap)
    if (name === 'first') await profile.engine.create([{ passphrase: PASSPHRASE }], ITERATIONS)
    else await profile.engine.unlock({ passphrase: PASSPHRASE })
    profiles.push(profile)
  }

  const steps = 12 + random.below(14)
  const attackAt = isHostile ? 6 + random.below(steps - 6) : -1
  let count = 0
  for (let step = 0; step < steps; step++) {
    if (step === attackAt) {
      await objects.attack(() => attack(round.attack as Attack, random, objects, fault))
    } else if (random.below(4) === 0) fault.keepSnapshot()
    const index = random.below(profiles.length)
    const profile = profiles[index] as Profile
    const kind = random.below(10)
    const ids = await profile.ids()
    if (kind < 4) {
      const id = ids.length === 0 || random.below(3) === 0 ? `${CANARY}-${count++}` : random.pick(ids)
      const many = random.below(6) === 0 ? 60 + random.below(80) : 1 + random.below(5)
      const texts = Array.from({ length: many }, (_, i) => `${CANARY} ${profile.name} ${step} ${i}`)
      await profile.say(id, texts, `${CANARY} title`)
      await record(profile, id)
    } else {
      fault.plan()
      if (kind < 7) await attempt(() => profile.engine.sync())
      else if (kind < 9) await attempt(() => profile.engine.restore())
      else if (ids.length > 1) {
        const id = random.pick(ids)
        mayBeDeleted.add(id)
        if (await attempt(() => profile.engine.deleteSession(id))) deleted.add(id)
      }
      await restartAfterCrash(index)
      fault.repair()
    }
    await assertTrue()
  }

  // The network works again. In an honest round, all changes reach all devices.
  const before = suspicions(round)
  const mustNotice = isHostile && (await isRolledBack(profiles, objects, fault))
  round.isNoticeable = mustNotice
  for (let pass = 0; pass < 4; pass++)
    for (const profile of profiles) {
      await attempt(() => profile.engine.restore())
      await attempt(() => profile.engine.sync())
      await assertTrue()
    }
  if (mustNotice && suspicions(round) === before) throw new Error(`${round.attack} was silent.`)
  const fresh = await Profile.create('fresh', objects)
  await attempt(() => fresh.engine.unlock({ passphrase: PASSPHRASE }))
  await attempt(() => fresh.engine.restore())
  profiles.push(fresh)
  await assertTrue()
  if (!isHostile) await assertComplete(round, profiles, deleted, mayBeDeleted, history, objects)
  return round
}

/** Codes that an honest store can also cause. */
const innocent = ['backup-unreachable', 'backup-session-open', 'backup-session-missing']

const suspicions = ({ reported }: Round) =>
  Object.entries(reported).reduce((sum, [code, count]) => sum + (innocent.includes(code) ? 0 : count), 0)

/** An honest round restores every text that was said and not deleted. Devices with the same version have identical bytes. */
async function assertComplete(
  { reported }: Round,
  profiles: readonly Profile[],
  deleted: ReadonlySet<string>,
  mayBeDeleted: ReadonlySet<string>,
  history: ReadonlyMap<string, ReadonlySet<string>>,
  objects: ObjectStoreDouble,
): Promise<void> {
  const hostile = Object.keys(reported).filter((code) => !innocent.includes(code))
  if (hostile.length > 0) throw new Error(`an honest round reported ${hostile.join()}.`)
  const fresh = profiles.at(-1) as Profile
  const said = (texts: Iterable<string>) => [...texts].flatMap((json) => JSON.parse(json) as string[])
  const here = new Set<string>()
  for (const id of await fresh.ids()) for (const text of (await fresh.texts(id)) ?? []) here.add(text)
  for (const [id, versions] of history) {
    if ([...mayBeDeleted].some((gone) => gone === id || gone.startsWith(`${id}~`))) continue
    for (const text of said(versions))
      if (!here.has(text)) throw new Error(`${text} of ${id} was not restored.`)
  }
  for (const id of await fresh.ids()) {
    const restored = await fresh.plainRecords(id)
    const head = (await fresh.read(id))?.record
    for (const profile of profiles) {
      const other = (await profile.read(id))?.record
      if (!other || !head || Buffer.compare(Buffer.from(other.iv), Buffer.from(head.iv)) !== 0) continue
      const stored = await profile.plainRecords(id)
      if (JSON.stringify([...stored]) !== JSON.stringify([...restored]))
        throw new Error(`${id} differs between ${profile.name} and the restored one.`)
    }
  }
  const listed = new Set((await fresh.engine.list()).map(({ id }) => id))
  for (const id of deleted) if (listed.has(id)) throw new Error(`${id} is listed, although it was deleted.`)
  if (objects.namesOf('object/').length === 0 && listed.size > 0) throw new Error('No objects.')
}

/** True if the store shows an earlier end of a chain than a device has seen. */
async function isRolledBack(
  profiles: readonly Profile[],
  objects: ObjectStoreDouble,
  fault: ReturnType<typeof createFaults>,
): Promise<boolean> {
  const numberIn = (name: string) => Number(/(\d{10})-/.exec(name)?.[1])
  for (const profile of profiles)
    for (const seen of await profile.seenManifests()) {
      const chain = seen.split('/').slice(0, 3).join('/')
      const shown = objects.namesOf(`${chain}/`).filter((name) => !fault.isHidden(name))
      if (Math.max(0, ...shown.map(numberIn)) < numberIn(seen)) return true
    }
  return false
}

function createFaults(random: Random, objects: ObjectStoreDouble) {
  let dieIn = Number.POSITIVE_INFINITY
  let failures = 0
  let isDown = false
  let snapshot = new Map(objects.objects)
  const hidden = new Set<string>()

  /** Counts requests and local writes. Any of them may be the last before the crash, with or without taking effect. */
  function tick() {
    if (isDown) throw new CrashError()
    if (--dieIn > 0) return
    isDown = true
    throw new CrashError()
  }
  objects.before = () => {
    tick()
    if (random.next() * 100 < failures) throw new Error('503')
  }
  objects.after = () => {
    if (random.next() * 100 < failures) throw new Error('The answer was lost.')
    tick()
  }
  const { get, list } = objects
  objects.get = async (name) => (hidden.has(name) ? null : get.call(objects, name))
  objects.list = async (prefix) => {
    const names = (await list.call(objects, prefix)).filter((name) => !hidden.has(name))
    // In any order.
    return names.sort(() => random.next() - 0.5)
  }
  return {
    get isDown() {
      return isDown
    },
    isHidden: (name: string) => hidden.has(name),
    hide: (name: string) => void hidden.add(name),
    /** Plans the faults of the next operation. */
    plan() {
      const kind = random.below(4)
      dieIn = kind === 0 ? 1 + random.below(40) : Number.POSITIVE_INFINITY
      failures = kind === 1 ? 3 + random.below(20) : 0
    },
    repair() {
      dieIn = Number.POSITIVE_INFINITY
      failures = 0
      isDown = false
    },
    keepSnapshot() {
      snapshot = new Map(objects.objects)
    },
    get snapshot() {
      return snapshot
    },
    wrap: (store: ByteStore): ByteStore => ({
      ...store,
      async write(batch) {
        tick()
        const answer = await store.write(batch)
        tick()
        return answer
      },
    }),
  }
}

/** Attacks once. It only changes objects, as a store's operator could. */
function attack(
  kind: Attack,
  random: Random,
  objects: ObjectStoreDouble,
  fault: ReturnType<typeof createFaults>,
): void {
  const stored = objects.objects
  const manifests = objects.namesOf('manifest/')
  const contents = objects.namesOf('object/')
  const some = (names: string[]) => names.filter(() => random.below(3) === 0)
  if (kind === 'roll back everything') {
    stored.clear()
    for (const [name, bytes] of fault.snapshot) stored.set(name, bytes)
  } else if (kind === 'roll back one device' && manifests.length > 0) {
    const device = random.pick(manifests).split('/')[2]
    const chain = manifests.filter((name) => name.split('/')[2] === device)
    for (const name of chain.slice(random.below(chain.length))) stored.delete(name)
  } else if (kind === 'withhold objects') some(contents).forEach(fault.hide)
  else if (kind === 'withhold manifests') some(manifests).forEach(fault.hide)
  else if (kind === 'swap two objects' && contents.length > 1) {
    const [a, b] = [random.pick(contents), random.pick(contents)]
    const [first, second] = [stored.get(a), stored.get(b)] as [Uint8Array, Uint8Array]
    stored.set(a, second)
    stored.set(b, first)
  } else if (kind === 'alter a byte' && manifests.length + contents.length > 0) {
    const name = random.pick([...manifests, ...contents])
    const bytes = (stored.get(name) as Uint8Array).slice()
    const at = random.below(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
    stored.set(name, bytes)
  } else if (kind === 'put a manifest under another number' && manifests.length > 0) {
    const name = random.pick(manifests)
    const moved = name.replace(
      /(\d{10})-/,
      (_, digits: string) => `${String(Number(digits) + 1).padStart(10, '0')}-`,
    )
    stored.set(moved, stored.get(name) as Uint8Array)
  } else if (kind === 'hide a device') {
    const devices = objects.namesOf('device/')
    if (devices.length > 0) {
      const id = random.pick(devices).split('/')[2] as string
      for (const name of stored.keys()) if (name.includes(id)) fault.hide(name)
    }
  } else if (kind === 'lose a put' && contents.length > 0) stored.delete(random.pick(contents))
}
