import { Violation, type World } from '../world.js'
import { isRolledBack } from './attacks.js'
import type { Client } from './client.js'
import type { Device } from './device.js'
import type { SimulatedObjectStore } from './object-store.js'
import type { Oracle } from './oracle.js'
import { addedSecret, passphrase, recoveryCode } from './secrets.js'

/** A run whose ops are over. */
export interface Scene {
  world: World
  objects: SimulatedObjectStore
  oracle: Oracle
  devices: Device[]
  /** True if a device has created a second backup, because the store hid the first one. */
  isSplit: boolean
  /** True once nothing disturbs the devices any longer. */
  isQuiet: boolean
  /** True once `addSecret` has resolved. */
  hasAddedSecret: boolean
  /** Adds a device that has nothing yet. */
  addDevice(name: string): Device
  rest(): Promise<void>
  checkDevices(): Promise<void>
}

/** Rounds of restores and syncs after which all devices agree. */
const ROUNDS = 3

/**
 * The end of a run. The network delivers everything, and nothing disturbs the devices. First the store stays as hostile as it was. Then it is
 * honest: each operation succeeds, and all devices agree with each other and with a new one.
 */
export class Ending {
  readonly #scene: Scene

  constructor(scene: Scene) {
    this.#scene = scene
  }

  async run(): Promise<void> {
    const { devices, objects, oracle } = this.#scene
    await this.#calmDown()
    for (const device of devices) await this.#checkWarning(device)
    objects.becomeHonest()
    if (this.#scene.isSplit) return
    for (let round = 1; round <= ROUNDS; round++)
      for (const device of devices) if (!(await this.#catchUp(device))) return this.#checkFork()
    await this.#repeatDeletions()
    for (const device of devices) if (!(await this.#catchUp(device))) return this.#checkFork()
    const fresh = this.#scene.addDevice('a new device')
    fresh.becomeQuiet()
    await this.#expect('unlock', (client) => client.unlock(passphrase), fresh)
    await this.#expect('restore', (client) => client.restore(), fresh)
    await this.#scene.checkDevices()
    const restored = await fresh.readAll()
    oracle.checkRestored(restored)
    await this.#checkAgreement(fresh)
    await this.#checkSecrets()
  }

  /** Waits for all answers. No device does anything else from now on. */
  async #calmDown(): Promise<void> {
    const { devices, objects, world } = this.#scene
    for (const { link, clients } of devices) {
      link.isOffline = false
      link.lossRate = 0
      objects.deliver(link)
      for (const client of clients) client.leave()
    }
    await this.#scene.rest()
    for (const { name, clients } of devices)
      for (const { requests } of clients)
        for (const { label } of requests) throw new Violation(`${name} waits for ${label} forever.`)
    for (const device of devices) {
      device.crash()
      device.becomeQuiet()
    }
    await world.rest()
    this.#scene.isQuiet = true
    await this.#scene.checkDevices()
  }

  async #ask<T>(run: () => Promise<T>): Promise<T> {
    const asked = run()
    await this.#scene.rest()
    const waiting = Symbol('waiting')
    const answer = await Promise.race([asked, Promise.resolve(waiting)])
    if (answer === waiting) throw new Violation('An operation on a quiet device has no answer.')
    return answer as T
  }

  async #expect(label: string, run: (client: Client) => Promise<string>, device: Device): Promise<void> {
    const code = await this.#ask(() => run(device.client()))
    if (code !== 'done') throw new Violation(`${device.name} is quiet, but ${label} answers ${code}.`)
  }

  /** A device that has seen more than the store shows must say so. */
  async #checkWarning(device: Device): Promise<void> {
    const { objects } = this.#scene
    if (objects.isHonest) return
    const seen = await device.manifestsSeen()
    const code = await this.#ask(() => device.client().sync())
    if (seen && isRolledBack(seen, objects.shownNames('manifest/')) && code === 'done')
      throw new Violation(`${device.name} syncs with a store that was rolled back.`)
    await this.#ask(() => device.client().restore())
    await this.#scene.checkDevices()
  }

  /** Opens the backup if necessary, restores and syncs. Returns false if a copy of the device has forked its chain for good. */
  async #catchUp(device: Device): Promise<boolean> {
    const client = device.client()
    if (!(await this.#ask(() => client.isOpen()))) {
      const code = await this.#ask(() => client.create([passphrase, recoveryCode]))
      if (code === 'backup-exists') {
        const opened = await this.#ask(() => client.unlock(passphrase))
        if (opened === 'backup-forked') return false
        if (opened !== 'done') throw new Violation(`The backup exists, but unlock answers ${opened}.`)
      } else if (code !== 'done') throw new Violation(`create answers ${code}.`)
    }
    let code = await this.#ask(() => client.restore())
    if (code === 'backup-forked') {
      await this.#expect('startNewDevice', () => client.startNewDevice(), device)
      code = await this.#ask(() => client.restore())
      if (code === 'backup-forked') return false
    }
    if (code !== 'done') throw new Violation(`${device.name} is quiet, but restore answers ${code}.`)
    await this.#expect('sync', () => client.sync(), device)
    await this.#scene.checkDevices()
    return true
  }

  /** A chain that was forked for good has two manifests with the same number. */
  #checkFork(): void {
    const { objects } = this.#scene
    const places = [...objects.objects.keys()].flatMap((name) => /^manifest.*\d{10}-/.exec(name) ?? [])
    if (new Set(places).size === places.length) throw new Violation('A fork is reported, but there is none.')
  }

  /** A deletion that failed or was interrupted can be repeated. */
  async #repeatDeletions(): Promise<void> {
    const { devices, oracle } = this.#scene
    const device = devices.at(-1) as Device
    for (const id of oracle.mayBeDeleted) {
      if (oracle.deleted.has(id)) continue
      const code = await this.#ask(() => device.client().remove(id))
      if (code !== 'done' && code !== 'backup-session-missing')
        throw new Violation(`${id} can't be deleted: ${code}.`)
      oracle.deleted.add(id)
    }
  }

  async #checkAgreement(fresh: Device): Promise<void> {
    const { devices } = this.#scene
    const contentOf = async (device: Device) => JSON.stringify([...(await device.readAll())].sort())
    const expected = await contentOf(fresh)
    for (const device of devices)
      if ((await contentOf(device)) !== expected)
        throw new Violation(`${device.name} and ${fresh.name} differ: ${await contentOf(device)} ${expected}`)
    const listed = [...(await this.#ask(() => fresh.client().list()))].sort()
    const stored = [...(await fresh.readAll()).keys()].sort()
    if (String(listed) !== String(stored)) throw new Violation(`${listed} are listed, ${stored} restored.`)
  }

  /** Each secret that was accepted opens the backup. */
  async #checkSecrets(): Promise<void> {
    const { hasAddedSecret } = this.#scene
    for (const secret of [recoveryCode, ...(hasAddedSecret ? [addedSecret] : [])]) {
      const device = this.#scene.addDevice('another new device')
      device.becomeQuiet()
      await this.#expect('unlock', (client) => client.unlock(secret), device)
    }
  }
}
