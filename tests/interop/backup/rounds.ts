import { BackupError } from '../../../src/lib/voice-agent/backup/backup-error.js'
import type { ByteStore } from '../../../src/lib/voice-agent/storage/stores/byte-store.js'
import {
  type Attack,
  attack,
  attacks,
  emptyView,
  isRolledBack,
  shownBytes,
  shownNames,
} from '../../simulation/backup/attacks.js'
import { CANARY, checkSecrecy, Oracle } from '../../simulation/backup/oracle.js'
import { Dice } from '../../simulation/random.js'
import { ITERATIONS, type ObjectStoreDouble, PASSPHRASE, Profile } from '../../unit/backup/support.js'

/** Result of a round. */
interface Round {
  attack: Attack | null
  /** Errors and skipped sessions that the devices reported, by code. */
  reported: Record<string, number>
}

class CrashError extends Error {}

/**
 * Plays a seeded round on a real object store: devices talk, sync, restore, delete and crash, on a network that loses requests and responses.
 * In a hostile round, the store also attacks once. `npm run sim -- --of backup` plays far more cases, without a real store.
 *
 * Throws if anything wrong was restored, or if the store contains anything readable. A hostile round also throws if a detectable attack
 * went unreported, and an honest one if it doesn't restore everything.
 */
export async function playRound(
  seed: number,
  isHostile: boolean,
  objects: ObjectStoreDouble,
): Promise<Round> {
  const dice = new Dice(seed)
  const round: Round = {
    attack: isHostile ? (dice.pick(attacks) ?? null) : null,
    reported: {},
  }
  const oracle = new Oracle()
  const faults = createFaults(dice, objects)
  const profiles: Profile[] = []

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
      if (error instanceof CrashError || faults.isDown) return false
      if (!(error instanceof BackupError)) throw error
      if (error.cause instanceof CrashError) return false
      note(error.code)
      return false
    }
  }

  async function checkAll(): Promise<void> {
    for (const profile of profiles) oracle.checkDevice(profile.name, await profile.allTexts())
    checkSecrecy(objects.objects)
  }

  async function restartAfterCrash(index: number): Promise<void> {
    if (!faults.isDown) return
    faults.repair()
    profiles[index] = await (profiles[index] as Profile).restart()
  }

  for (const name of ['first', 'second']) {
    const profile = await Profile.create(name, objects, faults.wrap)
    if (name === 'first') await profile.engine.create([{ passphrase: PASSPHRASE }], ITERATIONS)
    else await profile.engine.unlock({ passphrase: PASSPHRASE })
    profiles.push(profile)
  }

  const steps = 12 + dice.below(14)
  const attackAt = isHostile ? 6 + dice.below(steps - 6) : -1
  let count = 0
  for (let step = 0; step < steps; step++) {
    if (step === attackAt) faults.attack(round.attack as Attack)
    else if (dice.below(4) === 0) faults.keepSnapshot()
    const index = dice.below(profiles.length)
    const profile = profiles[index] as Profile
    const kind = dice.below(10)
    const ids = await profile.ids()
    if (kind < 4) {
      const known = dice.below(3) === 0 ? undefined : dice.pick(ids)
      const id = known ?? `${CANARY}-${count++}`
      const many = dice.below(6) === 0 ? 60 + dice.below(80) : 1 + dice.below(5)
      const texts = Array.from({ length: many }, (_, i) => `${CANARY} ${profile.name} ${step} ${i}`)
      await profile.say(id, texts, `${CANARY} title`)
      oracle.see(id, (await profile.texts(id)) ?? [])
    } else {
      faults.plan()
      if (kind < 7) await attempt(() => profile.engine.sync())
      else if (kind < 9) await attempt(() => profile.engine.restore())
      else if (ids.length > 1) {
        const id = dice.pick(ids) as string
        oracle.mayBeDeleted.add(id)
        if (await attempt(() => profile.engine.deleteSession(id))) oracle.deleted.add(id)
      }
      await restartAfterCrash(index)
      faults.repair()
    }
    await checkAll()
  }

  // The network works again. In an honest round, all changes reach all devices.
  const before = suspicions(round)
  const mustNotice = isHostile && (await faults.isNoticeable(profiles))
  for (let pass = 0; pass < 4; pass++)
    for (const profile of profiles) {
      await attempt(() => profile.engine.restore())
      await attempt(() => profile.engine.sync())
      await checkAll()
    }
  if (mustNotice && suspicions(round) === before) throw new Error(`${round.attack} was silent.`)
  for (const profile of profiles) oracle.noteBackedUp(await profile.allTexts())
  const fresh = await Profile.create('fresh', objects)
  await attempt(() => fresh.engine.unlock({ passphrase: PASSPHRASE }))
  await attempt(() => fresh.engine.restore())
  profiles.push(fresh)
  await checkAll()
  if (isHostile) return round
  if (suspicions(round) > 0) throw new Error(`an honest round reported ${Object.keys(round.reported)}.`)
  oracle.checkRestored(await fresh.allTexts())
  await checkBytes(profiles, fresh)
  return round
}

/** Codes that an honest store can also cause. */
const innocent = ['backup-unreachable', 'backup-session-open', 'backup-session-missing']

const suspicions = ({ reported }: Round) =>
  Object.entries(reported).reduce((sum, [code, count]) => sum + (innocent.includes(code) ? 0 : count), 0)

/** Devices with the same version of a session have identical bytes. */
async function checkBytes(profiles: readonly Profile[], fresh: Profile): Promise<void> {
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
}

/** Makes devices crash, requests fail, and the store show something else than it has. */
function createFaults(dice: Dice, objects: ObjectStoreDouble) {
  let dieIn = Number.POSITIVE_INFINITY
  let failures = 0
  let isDown = false
  let snapshot = new Map(objects.objects)
  const view = emptyView()

  /** Counts requests and local writes. Any of them may be the last before the crash, with or without taking effect. */
  function tick() {
    if (isDown) throw new CrashError()
    if (--dieIn > 0) return
    isDown = true
    throw new CrashError()
  }
  objects.before = () => {
    tick()
    if (dice.chance(failures / 100)) throw new Error('503')
  }
  objects.after = () => {
    if (dice.chance(failures / 100)) throw new Error('The answer was lost.')
    tick()
  }
  const { get, list } = objects
  objects.get = async (name) => {
    const stored = await get.call(objects, name)
    return shownBytes(view, stored ? new Map([[name, stored]]) : new Map(), name)
  }
  objects.list = async (prefix) => {
    const names = shownNames(view, await list.call(objects, prefix))
    return dice.some(
      names.filter((name) => name.startsWith(prefix)),
      names.length,
    )
  }
  return {
    get isDown() {
      return isDown
    },
    /** Plans the faults of the next operation. */
    plan() {
      const kind = dice.below(4)
      dieIn = kind === 0 ? 1 + dice.below(40) : Number.POSITIVE_INFINITY
      failures = kind === 1 ? 3 + dice.below(20) : 0
    },
    repair() {
      dieIn = Number.POSITIVE_INFINITY
      failures = 0
      isDown = false
    },
    keepSnapshot() {
      snapshot = new Map(objects.objects)
    },
    attack: (kind: Attack) => attack(kind, (end) => dice.below(end), objects.objects, snapshot, view),
    /** True if the store shows an earlier end of a chain than a device has seen. */
    async isNoticeable(profiles: readonly Profile[]) {
      const shown = shownNames(view, objects.objects.keys())
      for (const profile of profiles) if (isRolledBack(await profile.seenManifests(), shown)) return true
      return false
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
