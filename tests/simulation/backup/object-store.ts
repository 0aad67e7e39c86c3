import type { ObjectStore } from '../../../src/lib/voice-agent/backup/object-store.js'
import type { Page } from '../browser.js'
import { Dice } from '../random.js'
import { Violation, type World } from '../world.js'
import { type Attack, attack, emptyView, isEmptyView, shownBytes, shownNames, type View } from './attacks.js'

type Method = keyof ObjectStore

/** A request that the network holds back. */
interface Held {
  arrive(): void
  /** Tells the page that it failed, although it may still arrive. */
  giveUp(): void
}

/** A device's network. */
export class Link {
  isOffline = false
  /** Chance that a request fails on its way, and that its answer is lost. */
  lossRate = 0
  isSlow = false
  readonly held: Held[] = []
}

/**
 * An object store and the networks to it. Requests reach it in any order, also those of pages that have closed since. It attacks by
 * showing something else than it has.
 */
export class SimulatedObjectStore {
  readonly #world: World
  readonly objects = new Map<string, Uint8Array>()
  /** The objects at earlier moments. */
  readonly #snapshots: ReadonlyMap<string, Uint8Array>[] = [new Map()]
  view: View = emptyView()
  /** True once it has shown something else than it has. */
  hasAttacked = false
  /** Checks what it was given. */
  onPut: (name: string, bytes: Uint8Array) => void = () => {}

  constructor(world: World) {
    this.#world = world
  }

  get isHonest(): boolean {
    return isEmptyView(this.view)
  }

  /** True if it denies a key that it has, so that a device may create another backup. */
  get hidesKeys(): boolean {
    return (
      this.shownNames('key/').length <
      [...this.objects.keys()].filter((name) => name.startsWith('key/')).length
    )
  }

  keepSnapshot(): void {
    this.#snapshots.push(new Map(this.objects))
  }

  attack(kind: Attack): void {
    const dice = new Dice(Math.floor(this.#world.random() * 2 ** 31))
    attack(kind, (end) => dice.below(end), this.objects, dice.pick(this.#snapshots) as never, this.view)
    this.hasAttacked ||= !this.isHonest
  }

  /** Shows everything again. */
  becomeHonest(): void {
    this.view = emptyView()
  }

  shownNames(prefix: string): string[] {
    return shownNames(this.view, this.objects.keys()).filter((name) => name.startsWith(prefix))
  }

  /** Delivers the requests that the network holds back, in any order, and those to come. */
  deliver(link: Link): void {
    link.isSlow = false
    for (const { arrive } of link.held.splice(0)) this.#world.later('a late request arrives', arrive)
  }

  /** The requests that the network holds back fail in their pages, and arrive later. */
  giveUp(link: Link): void {
    for (const held of link.held) held.giveUp()
  }

  /** The object store of one page. */
  portFor(page: Page, link: Link): ObjectStore {
    const ask = <T>(method: Method, name: string, run: () => T) => this.#ask(page, link, method, name, run)
    return {
      put: (name, bytes) => {
        const copy = bytes.slice()
        return ask('put', name, () => this.#put(name, copy))
      },
      get: (name) => ask('get', name, () => shownBytes(this.view, this.objects, name)),
      list: (prefix) => ask('list', prefix, () => this.#shuffled(this.shownNames(prefix))),
      delete: (name) => ask('delete', name, () => void this.objects.delete(name)),
    }
  }

  #put(name: string, bytes: Uint8Array): void {
    const stored = this.objects.get(name)
    if (stored && Buffer.compare(stored, bytes) !== 0) throw new Violation(`${name} was put in two versions.`)
    this.onPut(name, bytes)
    this.objects.set(name, bytes)
    // A store that hides an object again after it was put again would only be a new attack.
    this.view.hidden.delete(name)
    this.view.unlisted.delete(name)
    this.view.replaced.delete(name)
  }

  #shuffled(names: string[]): string[] {
    return names
      .map((name) => [this.#world.random(), name] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, name]) => name)
  }

  #ask<T>(page: Page, link: Link, method: Method, name: string, run: () => T): Promise<T> {
    const world = this.#world
    let isAnswered = false
    const asked = new Promise<T>((resolve, reject) => {
      const answer = (settle: () => void) => {
        if (isAnswered) return
        isAnswered = true
        world.later(`${page.name} hears of the store`, () => page.run(settle))
      }
      const fail = (reason: string) => answer(() => reject(new Error(reason)))
      const arrive = () => {
        // A request whose page has closed may have been on its way, or not.
        if (page.isDead && world.random() < 0.5) return
        if (world.random() < link.lossRate) return fail('503')
        world.log?.(`    ${page.name}: ${method} ${name}`)
        world.attempt(() => {
          const result = run()
          if (world.random() < link.lossRate) fail('The answer was lost.')
          else answer(() => resolve(result))
        })
      }
      if (link.isOffline) fail('offline')
      else if (link.isSlow) link.held.push({ arrive, giveUp: () => fail('timeout') })
      else world.later(`${page.name} asks the store`, arrive)
    })
    return page.waitFor(asked)
  }
}
