import * as fc from 'fast-check'
import type { VoiceStorage } from '../../../middleware/drivers/storage/ports.js'
import { Browser, Page, StorageArea } from '../browser.js'
import { bundlePage, type PageCode, type SourcePatch } from '../bundle.js'
import type { Subject } from '../check.js'
import { Disk } from '../disk.js'
import { Violation, World } from '../world.js'
import { Client, lockOf, type PossibleTokens, type Promised } from './client.js'
import { Oracle } from './oracle.js'
import { simulatedStorage } from './patches.js'

interface StorageExports {
  createStorage(options: object): VoiceStorage
}
export type StorageCode = PageCode<StorageExports>

export const bundleStorage = (mutant: readonly SourcePatch[] = []): Promise<StorageCode> =>
  bundlePage('tests/simulation/storage/entry.ts', [...simulatedStorage, ...mutant])

const always = ['begin', 'say', 'flush', 'restore'] as const

/** Ops that are in each other's way. Each case has those of a few themes: with all themes together, few ops would have an effect. */
const themes = {
  handover: ['end', 'leave', 'close', 'reload'],
  deletion: ['delete', 'list', 'end', 'leave'],
  tornDeletion: ['delete', 'lose', 'failWrite', 'failRead', 'crash'],
  sameId: ['beginAgain', 'end', 'close', 'reload'],
  cleanup: ['cleanUp', 'day', 'close', 'end', 'reload'],
  clock: ['cleanUp', 'day', 'yearForward', 'yearBack', 'close', 'crash'],
  duplicates: ['duplicate', 'reload', 'leave'],
  cache: ['navigate', 'back', 'end', 'edit'],
  leaving: ['hide', 'leave', 'crash', 'reload', 'edit'],
  disk: ['failWrite', 'failRead', 'failOpen', 'heal', 'lose'],
  emptied: ['empty', 'lose', 'earlier', 'undo'],
  full: ['fill', 'heal', 'undo', 'close'],
  hanging: ['hang', 'heal', 'reload', 'wait'],
  power: ['powerLoss', 'delete', 'hide'],
  abandoned: ['abandon', 'duplicate', 'restore', 'leave', 'end'],
  busy: ['busy', 'duplicate', 'wait', 'reload', 'edit'],
  frames: ['frame', 'reload', 'duplicate', 'close', 'end'],
  editing: ['edit', 'undo', 'earlier', 'hide', 'failWrite'],
} as const
type Theme = keyof typeof themes
type Kind = (typeof always)[number] | (typeof themes)[Theme][number]

export interface StorageOp {
  kind: Kind
  tab: number
  n: number
  /** Events that happen before it; {@link UNTIL_REST} for all that are under way. */
  gap: number
}

const TABS = 3
const DAY_MS = 86_400_000
const RETENTION_MS = 2 * DAY_MS
const UNTIL_REST = 20

/** Others have 2. */
const weightOf: Partial<Record<Kind, number>> = {
  say: 12,
  begin: 4,
  flush: 8,
  edit: 4,
  reload: 4,
  leave: 4,
  restore: 8,
  end: 3,
  list: 1,
  cleanUp: 6,
  day: 6,
  delete: 8,
  lose: 4,
  failWrite: 4,
  empty: 4,
}

const opOf = (kinds: readonly Kind[], tabs: number): fc.Arbitrary<StorageOp> =>
  fc.record({
    kind: fc.oneof(...kinds.map((kind) => ({ weight: weightOf[kind] ?? 2, arbitrary: fc.constant(kind) }))),
    tab: fc.nat(tabs - 1),
    n: fc.nat(8),
    gap: fc.oneof(fc.constant(UNTIL_REST), fc.nat(6), fc.nat(UNTIL_REST)),
  })

export const opsArbitrary: fc.Arbitrary<StorageOp[]> = fc
  .record({
    chosen: fc.subarray(Object.keys(themes) as Theme[], { minLength: 1, maxLength: 3 }),
    tabs: fc.integer({ min: 1, max: TABS }),
  })
  .chain(({ chosen, tabs }) => {
    const kinds: Kind[] = [...always, ...new Set(chosen.flatMap((theme): readonly Kind[] => themes[theme]))]
    return fc.array(opOf(kinds, tabs), { minLength: 4, maxLength: 40, size: 'max' })
  })

/** A tab: its sessionStorage, the page that it shows, and one that is in its back/forward cache. */
interface Tab {
  /** Name of the frame, of a document that shares its area with a page. */
  frame: string | undefined
  area: StorageArea
  possibleTokens: PossibleTokens
  client: Client | null
  cached: Client | null
  promised: Promised | null
  /** Versions of records that its pages have read or written, by their keys. */
  seen: Map<string, number>
}

/** Several tabs with the real storage over one simulated disk, and what must hold of them. */
export class StorageSimulation {
  readonly world: World
  readonly browser: Browser
  readonly disk: Disk
  readonly oracle = new Oracle()
  readonly #code: StorageCode
  readonly #tabs: (Tab | null)[] = Array.from({ length: TABS }, () => null)
  readonly #clients = new Map<Page, Client>()
  readonly #tabOf = new Map<Page, Tab>()
  readonly states = new Set<string>()
  #pageCount = 0
  #frameCount = 0

  constructor(code: StorageCode, scheduler: fc.Scheduler, seed: number) {
    this.#code = code
    this.world = new World(scheduler, seed)
    this.browser = new Browser(this.world)
    this.disk = new Disk(this.world)
    this.disk.observer = {
      onRead: (page, key, { version }) => this.#tabOf.get(page)?.seen.set(key, version),
      onChange: (page, key, change) => this.world.attempt(() => this.#checkChange(page, key, change)),
      onCommitted: (page, keys) => {
        for (const key of keys) {
          const stored = this.disk.records.get(key)
          if (stored) this.#tabOf.get(page)?.seen.set(key, stored.version)
        }
      },
    }
    this.browser.onRobbed = (name) =>
      this.world.violate(new Violation(`${name} was taken from a page that is there.`))
    this.world.onEvent = () => {
      for (const client of this.#clients.values()) client.noteUse()
      this.states.add(this.#describe())
    }
  }

  /** Carries out the ops, each as an event among the others, then lets everything come to rest and looks. */
  async run(ops: readonly StorageOp[]): Promise<void> {
    for (const op of ops) {
      if (op.gap === UNTIL_REST) await this.world.rest()
      for (let count = 0; count < op.gap && (await this.world.step()); count++);
      await this.world.happen(`user: ${op.kind} ${op.tab} ${op.n}`, () => this.#carryOut(op))
    }
    await this.world.rest()
    await this.#checkAtRest()
    await this.#audit()
  }

  #load(tab: Tab): Client {
    const page = new Page(this.browser, `page ${++this.#pageCount}`, tab.area, tab.frame)
    const openRecordStore = () => this.disk.open(page)
    const { createStorage } = this.#code(page.globals({ openRecordStore }))
    this.#tabOf.set(page, tab)
    const client = new Client({
      world: this.world,
      oracle: this.oracle,
      page,
      storage: createStorage({}),
      possibleTokens: tab.possibleTokens,
      promised: tab.promised,
      hasCopy: (id) => [...this.disk.records.keys()].some((key) => key.startsWith(`session/${id}~`)),
      wasUsedElsewhere: (id, since) => this.#wasUsed(id, page, since),
    })
    tab.promised = null
    this.#clients.set(page, client)
    tab.client = client
    if (this.disk.isHanging) page.faults.add('hangs')
    if (Number.isFinite(this.disk.capacity)) page.faults.add('full')
    client.start()
    return client
  }

  /** Opens a tab, with a copy of another one's sessionStorage, or a frame in the page of another one. */
  #openTab(slot: number, from: Tab | null = null, frame?: string): Tab {
    const copied = frame === undefined ? from : null
    const tab: Tab = {
      frame,
      area: frame !== undefined && from ? from.area : (copied?.area.copy() ?? new StorageArea()),
      possibleTokens: new Set(copied ? copied.possibleTokens : [null]),
      client: null,
      cached: null,
      promised: null,
      // With its journals, a duplicated tab has their knowledge.
      seen: new Map(copied?.seen),
    }
    this.#tabs[slot] = tab
    this.#load(tab)
    return tab
  }

  #unload(tab: Tab | null, client = tab?.client ?? null, keepsLocks = false): void {
    if (!tab || !client) return
    if (tab.client === client) tab.client = null
    else tab.cached = null
    const { page } = client.ports
    page.die(keepsLocks)
    this.disk.close(page)
    for (const id of client.deleting) this.oracle.of(id).excuses.add('deleting')
  }

  #carryOut({ kind, tab: slot, n }: StorageOp): void {
    const { disk } = this
    const tab = this.#tabs[slot] ?? this.#openTab(slot)
    // A tab whose page crashed, or that has shown another site meanwhile, shows the app again.
    const client = tab.client ?? this.#load(tab)
    const { page } = client.ports
    // It does nothing, and nothing can be done with it. It can crash.
    if (page.isBusy && kind !== 'crash' && kind !== 'powerLoss') return
    // Sessions that a list shows.
    const ids = [...this.oracle.sessions.keys()].filter((each) =>
      this.disk.records.has(`session/${each}/head`),
    )
    // One of the newest, so that tabs meet.
    const id = ids.at(-1 - (n % Math.max(1, Math.min(3, ids.length))))
    const ops: Record<Kind, () => unknown> = {
      begin: () => client.begin(),
      beginAgain: () => client.begin(id),
      say: () => client.say(1 + n),
      edit: () => client.edit(),
      undo: () => client.undo(1 + n),
      flush: () => client.flush(),
      hide: () => client.hide(),
      reload: () => {
        tab.promised = client.hide()
        this.#unload(tab)
        this.#load(tab)
      },
      leave: () => {
        tab.promised = client.hide()
        this.#unload(tab)
      },
      crash: () => this.#unload(tab),
      abandon: () => this.#unload(tab, client, true),
      close: () => {
        client.hide()
        this.#unload(tab)
        this.#unload(tab, tab.cached)
        this.#tabs[slot] = null
      },
      duplicate: () => {
        const free = this.#tabs.indexOf(null)
        if (free >= 0 && tab.frame === undefined) this.#openTab(free, tab)
      },
      frame: () => {
        const free = this.#tabs.indexOf(null)
        if (free >= 0 && tab.frame === undefined) this.#openTab(free, tab, `frame ${++this.#frameCount}`)
      },
      // Up to 4 s: less than a page may be silent.
      busy: () => page.block((n + 1) * 444),
      navigate: () => {
        if (tab.cached) return
        client.hide()
        page.freeze()
        tab.cached = client
        this.#load(tab)
      },
      back: () => {
        const { cached } = tab
        if (!cached) return
        client.hide()
        this.#unload(tab)
        tab.client = cached
        tab.cached = null
        cached.ports.page.thaw()
        cached.recheck()
      },
      restore: () => id === undefined || client.restore(id),
      end: () => client.end(),
      delete: () => id === undefined || client.remove(id),
      list: () => client.list(),
      cleanUp: () => client.cleanUp(RETENTION_MS),
      day: () => this.world.passTime((1 + (n % 3)) * DAY_MS),
      yearForward: () => this.world.shiftClock(365 * DAY_MS),
      yearBack: () => this.world.shiftClock(-365 * DAY_MS),
      earlier: () => client.loadEarlier(n % 2 === 0 ? 'newest' : 'all'),
      wait: () => this.world.setTimer(() => {}, n * 100),
      failOpen: () => disk.failNext('open', page),
      failRead: () => {
        disk.failNext('read', page)
      },
      failWrite: () => {
        disk.failNext('write', page)
      },
      fill: () => {
        disk.capacity = disk.records.size + (n % 2)
        for (const each of this.browser.pages) each.faults.add('full')
      },
      lose: () => disk.loseConnections(page),
      empty: () => {
        disk.empty()
        this.oracle.excuseAll('emptied')
      },
      hang: () => {
        disk.hang()
        for (const each of this.browser.pages) each.faults.add('hangs')
      },
      heal: () => disk.heal(),
      powerLoss: () => this.#losePower(),
    }
    ops[kind]()
  }

  #losePower(): void {
    for (const tab of this.#tabs) {
      this.#unload(tab, tab?.cached)
      this.#unload(tab)
    }
    for (const tab of this.#tabs) if (tab) tab.promised = null
    if (this.disk.forgetUnflushed() > 0) this.oracle.excuseAll('unflushed')
    for (const tab of this.#tabs) if (tab) this.#load(tab)
  }

  /** Checks every single change on disk. */
  #checkChange: NonNullable<Disk['observer']>['onChange'] = (page, key, { before, after, isSweep }) => {
    const client = this.#clients.get(page)
    const tab = this.#tabOf.get(page)
    if (!before || !client || !tab) return
    const id = idOf(key)
    const isKey = key.startsWith('key/')
    if (after !== null || !(isSweep || isKey)) {
      if (tab.seen.get(key) !== before.version)
        throw new Violation(`${page.name} writes over ${key}, which it has not read.`)
    }
    if (
      isKey &&
      after &&
      this.disk.records.has(`session/${id}/head`) &&
      keyOf(after) !== keyOf(before.record)
    ) {
      throw new Violation(`${page.name} replaces the key of ${id}, which is stored.`)
    }
    if (isKey && after === null) this.#checkRemoval(client, id)
  }

  /** A session is deleted because its user wants it, or because it is old or in the way and in use nowhere. */
  #checkRemoval(client: Client, id: string): void {
    // A page that wrote to a session which another one deleted takes that back.
    if (client.deleting.has(id) || this.oracle.of(id).excuses.has('deleting')) return
    for (const other of this.#clients.values()) {
      const { page } = other.ports
      if (page.isDead || page.isFrozen || other.session?.id !== id || other.refusal) continue
      throw new Violation(`${client.ports.page.name} removes ${id}, which ${page.name} has open.`)
    }
    const head = this.disk.records.get(`session/${id}/head`)?.record
    const isOwned = ({ tabId, claimedAt }: Client) =>
      head?.kind === 'head' && tabId === head.tabId && claimedAt < client.cleansSince
    if (this.#livingClients().some(isOwned)) {
      throw new Violation(`${client.ports.page.name} removes ${id}, whose tab is open.`)
    }
    const session = this.oracle.of(id)
    if (head?.kind === 'head') {
      const stagedAt = session.versions
        .filter(({ revision }) => revision === head.revision)
        .map((version) => version.stagedAt ?? 0)
      // A full disk costs no conversation either: no app chooses one here.
      if (stagedAt.every((at) => this.world.elapsed - at < RETENTION_MS))
        throw new Violation(`${client.ports.page.name} removes ${id}, which is younger than its retention.`)
    }
    session.excuses.add('swept')
    session.saved = null
  }

  /** True if another page has had the session, or was taking or leaving one, since that event. */
  #wasUsed(id: string, page: Page, since: number): boolean {
    return [...this.#clients.values()].some(
      ({ ports, usedAt, busyAt }) =>
        ports.page !== page &&
        ((this.browser.holderOf(lockOf(id)) === ports.page && (ports.page.isDead || ports.page.isFrozen)) ||
          Math.max(busyAt, usedAt.get(id) ?? -1) >= since),
    )
  }

  #livingClients(): Client[] {
    return this.#tabs.flatMap((tab) => (tab?.client ? [tab.client] : []))
  }

  /** The disk is well and all is quiet: every question is answered, and everything said is stored. */
  async #checkAtRest(): Promise<void> {
    this.disk.heal()
    await this.world.rest()
    // One more message, saved as the middleware saves it: with all that could not be saved before.
    for (const client of this.#livingClients()) {
      client.say(1)
      void client.flush()
    }
    await this.world.rest()
    for (const client of this.#livingClients()) {
      const { page, possibleTokens } = client.ports
      const [waiting] = client.open
      if (waiting) throw new Violation(`${page.name} waits for ever: ${waiting.label}.`)
      this.#checkSaved(client)
      const stored = client.ports.storage.tokens.read()?.persistedSessionId ?? null
      if (!possibleTokens.has(stored)) throw new Violation(`${page.name} has a token of ${stored}.`)
    }
  }

  #checkSaved(client: Client): void {
    const { session, status, refusal, ports } = client
    const { page } = ports
    if (status === 'memory') {
      if (page.faults.size === 0) throw new Violation(`${page.name} stores nothing.`)
      return
    }
    if (!session) return
    if (refusal) {
      if (client.isJustified(session.id, refusal)) return
      throw new Violation(`${page.name} does not save ${session.id}: ${refusal}.`)
    }
    const { revision } = session.version
    const head = this.disk.records.get(`session/${session.id}/head`)?.record
    const stored = head?.kind === 'head' ? head.revision : null
    const isTaken = this.browser.holderOf(lockOf(session.id)) !== page
    const isGone = ['deleting', 'deleted'].some((reason) =>
      this.oracle.of(session.id).excuses.has(reason as 'deleted'),
    )
    if (stored !== revision && !isTaken && !isGone) {
      throw new Violation(
        `${page.name} has ${session.id}@${revision} and stored is ${stored}, though all is well.`,
      )
    }
    if (head?.kind === 'head' && stored === revision && !isTaken && !isGone) {
      const keys = [...this.disk.records.keys()].filter(
        (key) => idOf(key) === session.id && !key.startsWith('kept/'),
      )
      const segments = keys.filter((key) => key.includes('/messages/')).length
      const blocks = keys.filter((key) => key.includes('/versions/')).length
      // The key, the head, the mark, and what this page has loaded: also after the database was emptied.
      if (
        keys.length - segments - blocks !== 3 ||
        (session.firstLoadedIndex === 0 && segments !== head.segmentCount)
      ) {
        throw new Violation(`${page.name} has saved ${session.id}, and stored is only ${keys.join(', ')}.`)
      }
    }
    if (client.pending === null && status !== 'persistent' && !isTaken && !isGone) {
      throw new Violation(`${page.name} has saved everything and says ${status}: ${client.error?.code}.`)
    }
  }

  /** Every page crashes. A tab that opens then finds all that must be there, and nothing that must not. */
  async #audit(): Promise<void> {
    for (const [slot, tab] of this.#tabs.entries()) {
      this.#unload(tab, tab?.cached)
      this.#unload(tab)
      this.#tabs[slot] = null
      if (tab) this.#checkSecrecy(tab.area)
    }
    await this.world.rest()
    this.#checkLeftovers()
    const tab = this.#openTab(0)
    const client = tab.client as Client
    await this.world.rest()
    for (const { id } of this.oracle.sessions.values()) {
      client.restore(id)
      client.end()
      await this.world.rest()
    }
    const [waiting] = client.open
    if (waiting) throw new Violation(`The auditor waits for ever: ${waiting.label}.`)
    this.#unload(tab)
  }

  /** Nothing that was said lies anywhere in the clear. */
  #checkSecrecy(area: StorageArea): void {
    for (const name of Object.keys(area)) {
      const value = area.getItem(name) ?? ''
      const clear = value + value.replace(/"base64":"([^"]*)"/g, (_, text) => atob(text))
      if (/words-|token-of/.test(clear)) throw new Violation(`sessionStorage has it in the clear: ${name}.`)
    }
    for (const [key, { record }] of this.disk.records) {
      if ('data' in record && /words-|token-of/.test(Buffer.from(record.data).toString('latin1'))) {
        throw new Violation(`The disk has it in the clear: ${key}.`)
      }
    }
  }

  #checkLeftovers(): void {
    for (const { record } of this.disk.records.values()) {
      if (record.kind !== 'head') continue
      const prefix = `session/${record.sessionId}/messages/`
      const stored = [...this.disk.records.keys()].filter((key) => key.startsWith(prefix)).length
      const { excuses } = this.oracle.of(record.sessionId)
      if (stored > record.segmentCount || (stored < record.segmentCount && excuses.size === 0)) {
        throw new Violation(
          `${record.sessionId} has ${stored} segments, and its head knows of ${record.segmentCount}.`,
        )
      }
    }
    for (const { id, excuses, isBegunAgain } of this.oracle.sessions.values()) {
      if (!excuses.has('deleted')) continue
      const left = [...this.disk.records.keys()].filter((key) => idOf(key) === id)
      if (isBegunAgain && String(left) === `key/session/${id}`) continue
      if (left.length > 0) throw new Violation(`${id} was deleted, and there is still ${left.join(', ')}.`)
    }
  }

  /** The state with the names taken off, so that equal ones are counted once. */
  #describe(): string {
    const names = new Map<string, number>()
    const nameOf = (id: string) => {
      const known = names.get(id) ?? names.size
      names.set(id, known)
      return known
    }
    const tabs = this.#tabs.map((tab) => {
      if (!tab?.client) return '-'
      const { session, status, refusal, pending, open } = tab.client
      const head = session && this.disk.records.get(`session/${session.id}/head`)?.record
      const behind = session ? session.version.revision - (head?.kind === 'head' ? head.revision : -1) : 0
      return [
        session ? nameOf(session.id) : '',
        status,
        refusal,
        pending === null,
        behind,
        [...open].map(({ label }) => label.split(' ')[0]),
        tab.cached ? 'cached' : '',
        Object.keys(tab.area)
          .map((name) => name.split(':')[2])
          .sort(),
      ]
    })
    const sessions = [...this.oracle.sessions.keys()].map((id) => {
      const kept = [...this.disk.records.keys()].filter((key) => idOf(key) === id).length
      return [
        nameOf(id),
        kept,
        this.#tabs.findIndex((tab) => tab?.client?.ports.page === this.browser.holderOf(lockOf(id))),
      ]
    })
    return JSON.stringify([tabs, sessions, this.disk.isHanging, Number.isFinite(this.disk.capacity)])
  }
}

function idOf(key: string): string {
  const [, id = ''] = /session\/([^/]+)/.exec(key) ?? []
  return id
}

function keyOf(record: object): unknown {
  return 'key' in record ? record.key : record
}

export async function storageSubject(mutant: readonly SourcePatch[] = []): Promise<Subject<StorageOp>> {
  const code = await bundleStorage(mutant)
  return { ops: opsArbitrary, create: (scheduler, seed) => new StorageSimulation(code, scheduler, seed) }
}
