import type { BackupSecret } from '../../../src/lib/voice-agent/backup/vault.js'
import { bundlePage, type SourcePatch } from '../bundle.js'
import { drawCase, UNTIL_ENCRYPTED, UNTIL_REST, varyCase } from '../cases.js'
import { createVaultCryptoDouble } from '../crypto-vault.js'
import type { Subject } from '../subject.js'
import { Violation, World } from '../world.js'
import { attacks } from './attacks.js'
import { type BackupCode, Device } from './device.js'
import { Ending, type Scene } from './ending.js'
import { SimulatedObjectStore } from './object-store.js'
import { checkSecrecy, Oracle } from './oracle.js'
import { simulatedBackup } from './patches.js'
import { addedSecret, passphrase, recoveryCode } from './secrets.js'
import { type BackupOp, DEVICES, type Kind, space } from './space.js'

/** Milliseconds that a rest takes at most. A background sync without a network never ends. */
const REST_MS = 60_000

/** Codes that show that the store, or a copy of a profile, is to blame. */
const suspicions = ['rolled-back', 'forked', 'altered', 'incomplete', 'secret-wrong', 'newer']
/** Codes that are answers to what the user asked for, or to the state of the network. */
const answers = [
  'done',
  'backup-unreachable',
  'backup-locked',
  'backup-exists',
  'backup-missing',
  'backup-session-missing',
  'backup-session-open',
  'session-open-elsewhere',
  'session-exists',
]

/** Several devices with the real storage and the real backup, one object store that may be hostile, and their invariants. */
export class BackupSimulation implements Scene {
  readonly world: World
  readonly objects: SimulatedObjectStore
  readonly oracle = new Oracle()
  readonly devices: Device[]
  readonly states = new Set<string>()
  readonly situations = new Set<string>()
  isCounted = true
  /** True once two disks may have the same keys, or one disk an earlier state. */
  hasCopies = false
  hasAddedSecret = false
  isSplit = false
  isQuiet = false
  readonly #create: (name: string) => Device
  #lastKind: Kind | null = null

  constructor(code: BackupCode, seed: number) {
    const world = new World(seed)
    this.world = world
    this.objects = new SimulatedObjectStore(world)
    this.objects.onPut = (name, bytes) => checkSecrecy(new Map([[name, bytes]]))
    const crypto = createVaultCryptoDouble({
      nextId: () => world.nextId(),
      random: () => world.random(),
      // Only disks, locks and networks are slow here. Other simulations reorder ciphers.
      schedule: async (answer) => answer(),
      onReusedIv: () => world.violate(new Violation('A key was used twice with one IV.')),
    })
    this.#create = (name) =>
      new Device(
        {
          world,
          code,
          crypto,
          objects: this.objects,
          oracle: this.oracle,
          onAnswer: (device, label, answer) => this.#checkAnswer(device, label, answer),
        },
        name,
      )
    this.devices = Array.from({ length: DEVICES }, (_, index) => this.#create(`device ${index}`))
  }

  addDevice(name: string): Device {
    const device = this.#create(name)
    this.devices.push(device)
    return device
  }

  /** Runs the ops, interleaved with other events. Then the store is honest and the network works, and everything must be as it was said. */
  async run(ops: readonly BackupOp[]): Promise<void> {
    for (const op of ops) {
      if (op.gap === UNTIL_REST || op.gap === UNTIL_ENCRYPTED) {
        await this.rest()
        await this.checkDevices()
      } else for (let count = 0; count < op.gap && (await this.world.step()); count++);
      await this.world.happen(`user: ${op.kind} ${op.tab} ${op.n}`, () => this.#carryOut(op))
    }
    await this.rest()
    await this.checkDevices()
    await new Ending(this).run()
  }

  rest(): Promise<void> {
    return this.world.rest(this.world.elapsed + REST_MS)
  }

  async checkDevices(): Promise<void> {
    for (const device of this.devices) this.oracle.checkDevice(device.name, await device.readAll())
    if (this.isCounted) this.states.add(await this.#describe())
  }

  #checkAnswer({ name }: Device, label: string, code: string): void {
    this.situations.add(`${label} ${code} after ${this.#lastKind}`)
    const isSuspicion = suspicions.some((each) => code === `backup-${each}`)
    const isExplained =
      this.objects.hasAttacked ||
      (code === 'backup-forked' && this.hasCopies) ||
      // Another device may replace an object several times while this one reads it.
      (code === 'backup-incomplete' && !this.isQuiet)
    const isAnswer = answers.includes(code) || (code === 'storage-unavailable' && !this.isQuiet)
    if (isSuspicion ? !isExplained : !isAnswer)
      this.world.violate(new Violation(`${name}: ${label} answers ${code}, although nothing explains it.`))
  }

  #carryOut({ kind, tab, n }: BackupOp): void {
    const device = this.devices[tab] as Device
    const { link } = device
    const client = device.client(n)
    this.#noteSituation(kind, device)
    const ids = device.ids()
    // One of the newest, so that devices meet.
    const id = ids.at(-1 - (n % Math.max(1, Math.min(3, ids.length)))) ?? null
    const secrets = [passphrase, recoveryCode] as const
    const ops: Record<Kind, () => unknown> = {
      say: () => client.say(client.sessionId ?? id, 1 + n),
      talk: () => client.say(null, 1 + n),
      reuse: () => {
        const deleted = [...this.oracle.deleted].filter((each) => !ids.includes(each))
        const reused = deleted[n % Math.max(1, deleted.length)]
        if (reused !== undefined) client.reuse(reused, 1 + n)
      },
      edit: () => client.edit(client.sessionId ?? id, n),
      leave: () => client.leave(),
      sync: () => client.sync(),
      restore: () => client.restore(),
      remove: () => id === null || client.remove(id),
      list: () => client.list(),
      create: async () => {
        const wasHidden = this.objects.hidesKeys
        const isDone = (await client.create(secrets)) === 'done'
        if (isDone && (wasHidden || this.objects.hidesKeys)) this.isSplit = true
      },
      join: () => client.unlock(secrets[n % 2] as BackupSecret),
      addSecret: async () => {
        if ((await client.addSecret(addedSecret)) === 'done') this.hasAddedSecret = true
      },
      forget: () => client.forget(),
      newDevice: () => client.startNewDevice(),
      auto: () => client.syncInBackground(),
      tab: () => device.clients.length < 2 && device.load(),
      crash: () => device.crash(),
      shut: () => client.reopen(),
      offline: () => {
        link.isOffline = true
      },
      online: () => {
        link.isOffline = false
        link.lossRate = 0
        client.ports.page.dispatch('online')
      },
      flaky: () => {
        link.lossRate = (1 + (n % 4)) / 16
      },
      slow: () => {
        link.isSlow = true
      },
      deliver: () => this.objects.deliver(link),
      giveUp: () => this.objects.giveUp(link),
      wait: () => this.world.setTimer(() => {}, n * 5_000),
      snapshot: () => this.objects.keepSnapshot(),
      attack: () => this.objects.attack(attacks[n % attacks.length] as (typeof attacks)[number]),
      honest: () => this.objects.becomeHonest(),
      wipe: () => device.putBack({ records: new Map(), keys: new Map() }),
      keepCopy: () => {
        device.copy = device.takeCopy()
      },
      putBack: () => {
        if (!device.copy) return
        this.hasCopies = true
        device.putBack(device.copy)
      },
      clone: () => {
        this.hasCopies = true
        ;(this.devices[(tab + 1) % DEVICES] as Device).putBack(device.takeCopy())
      },
    }
    this.#lastKind = kind
    ops[kind]()
  }

  #labelsOf({ clients }: Device): string[] {
    return [...new Set(clients.flatMap(({ requests }) => [...requests].map(({ label }) => label)))].sort()
  }

  /** Describes roughly in which situation an op runs. */
  #noteSituation(kind: Kind, device: Device): void {
    const { isOffline, isSlow, lossRate } = device.link
    const own = [kind, this.#labelsOf(device), isOffline, isSlow, lossRate > 0, this.objects.isHonest]
    this.situations.add(JSON.stringify([own, this.hasCopies]))
    for (const other of this.devices)
      if (other !== device) this.situations.add(JSON.stringify([own, this.#labelsOf(other)]))
  }

  /** Describes the state without names, so that equivalent states count once. */
  async #describe(): Promise<string> {
    const names = new Map<string, number>()
    const devices = []
    for (const device of this.devices) {
      const sessions = [...(await device.readAll())].map(([id, texts]) => {
        names.set(id, names.get(id) ?? names.size)
        return [names.get(id), texts.length]
      })
      devices.push([sessions, (await device.manifestsSeen())?.length ?? null, this.#labelsOf(device)])
    }
    const counts = ['key/', 'device/', 'manifest/', 'object/'].map(
      (prefix) => [...this.objects.objects.keys()].filter((name) => name.startsWith(prefix)).length,
    )
    return JSON.stringify([devices, counts, this.objects.isHonest])
  }
}

export const bundleBackup = (mutant: readonly SourcePatch[] = []): Promise<BackupCode> =>
  bundlePage('tests/simulation/backup/entry.ts', [...simulatedBackup, ...mutant])

export async function backupSubject(mutant: readonly SourcePatch[] = []): Promise<Subject<BackupOp>> {
  const code = await bundleBackup(mutant)
  return {
    draw: (dice) => drawCase(space, dice),
    vary: (ops, other, dice) => varyCase(space, ops, other, dice),
    create: (schedule) => new BackupSimulation(code, schedule),
  }
}
