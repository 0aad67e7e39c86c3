import type { VoiceStorage } from '../../../middleware/drivers/storage/ports.js'
import type { renameStored } from '../../../middleware/drivers/storage/stored-session.js'
import type { StoredRecord } from '../../../src/lib/voice-agent/storage/records/record.js'
import type { VoiceAgentError } from '../../../store/index.js'
import { Browser, Page, StorageArea } from '../browser.js'
import { bundlePage, type PageCode, type SourcePatch } from '../bundle.js'
import { type CaseSpace, drawCase, UNTIL_ENCRYPTED, UNTIL_REST, varyCase } from '../cases.js'
import { SimulatedKey } from '../crypto-double.js'
import { Disk, loadCode } from '../disk.js'
import { parseOps } from '../notation.js'
import type { Subject } from '../subject.js'
import { Violation, World } from '../world.js'
import { Client, lockOf, type PossibleTokens, type Promised, type Taken } from './client.js'
import { beforeNames, descends, nameOf, Oracle, type Version } from './oracle.js'
import { simulatedStorage } from './patches.js'

/** Known, unfixed faults of the storage. Each is ignored only where it is named. */
const knownFaults = {
  /**
   * A write may reach the disk after another page has deleted the session. A page that is closed or in the back/forward cache can't take
   * it back, and a page whose disk fails doesn't retry. The records stay until they expire: unreadable, or with the key if the database
   * was emptied meanwhile.
   */
  departedPageLeavesOrphans: true,
  /**
   * If a dialog blocks a page while it opens its storage or session, the time limits have passed when it wakes up. The page may then
   * report the session as open elsewhere or missing, until the next page load.
   */
  blockedPageOpens: true,
}

interface StorageExports {
  VoiceAgentError: typeof VoiceAgentError
  createStorage(options: object): VoiceStorage
  renameStored: typeof renameStored
}
export type StorageCode = PageCode<StorageExports>

export const bundleStorage = (mutant: readonly SourcePatch[] = []): Promise<StorageCode> =>
  bundlePage('tests/simulation/storage/entry.ts', [...simulatedStorage, ...mutant])

const always = ['begin', 'say', 'flush', 'save', 'restore'] as const

const themes = {
  handover: ['end', 'leave', 'close', 'reload', 'renew'],
  meeting: ['end', 'navigate', 'back', 'crash'],
  deletion: ['delete', 'list', 'end', 'leave'],
  tornDeletion: ['delete', 'lose', 'failWrite', 'failRead', 'crash'],
  sameId: ['beginAgain', 'end', 'close', 'reload'],
  deletionAfterLoss: ['delete', 'lose', 'flush'],
  failedDeletion: ['delete', 'failWrite', 'restore'],
  passedDeletion: ['delete', 'end'],
  failedRecovery: ['leave', 'failWrite', 'reload', 'crash', 'hide'],
  cleanup: ['cleanUp', 'day', 'close', 'end', 'reload', 'crash'],
  clock: ['cleanUp', 'day', 'yearForward', 'yearBack', 'daysForward', 'daysBack', 'close', 'crash'],
  duplicates: ['duplicate', 'reload', 'leave'],
  longDuplicates: ['duplicate', 'hide', 'undo', 'chat', 'end'],
  cache: ['navigate', 'back', 'end', 'edit'],
  returning: ['navigate', 'back', 'hide', 'edit'],
  cachedTabs: ['navigate', 'back', 'duplicate', 'end'],
  leaving: ['hide', 'leave', 'crash', 'reload', 'edit'],
  unsaved: ['undo', 'hide', 'crash', 'leave'],
  disk: ['failWrite', 'failRead', 'failOpen', 'heal', 'lose'],
  emptied: ['empty', 'lose', 'earlier', 'undo'],
  full: ['fill', 'heal', 'undo', 'close'],
  hanging: ['hang', 'heal', 'reload', 'wait'],
  power: ['powerLoss', 'delete', 'hide'],
  abandoned: ['abandon', 'duplicate', 'restore', 'leave', 'end'],
  busy: ['busy', 'duplicate', 'wait', 'reload', 'edit'],
  silent: ['dialog', 'restore', 'edit', 'back', 'navigate'],
  silentLoss: ['dialog', 'lose', 'duplicate', 'restore'],
  silentReading: ['dialog', 'hang', 'heal', 'restore'],
  frames: ['frame', 'reload', 'duplicate', 'close', 'end'],
  failingWrites: ['failWrite', 'edit', 'undo', 'fill', 'heal'],
  renaming: ['rename', 'end', 'reload', 'crash', 'leave', 'hide'],
  renamingElsewhere: ['rename', 'navigate', 'back', 'dialog', 'delete', 'duplicate', 'end'],
  renamingOnBadDisks: ['rename', 'hang', 'heal', 'lose', 'failWrite', 'failRead', 'wait'],
  editing: ['edit', 'undo', 'earlier', 'hide', 'failWrite'],
  fullTabs: ['fillTab', 'heal', 'reload', 'hide', 'duplicate'],
  fullTabsTaken: ['fillTab', 'navigate', 'back', 'dialog', 'edit'],
  protecting: ['protect', 'edit', 'hide', 'reload', 'failProvider'],
  protectingElsewhere: ['protect', 'end', 'restore', 'rename', 'crash', 'failWrite'],
  planting: ['protect', 'plant', 'restore', 'renew', 'end'],
} as const
type Theme = keyof typeof themes
type Kind = (typeof always)[number] | (typeof themes)[Theme][number]

export interface StorageOp {
  kind: Kind
  tab: number
  n: number
  /** Number of events before the op; {@link UNTIL_REST} for all that are pending. */
  gap: number
}

const TABS = 3
const DAY_MS = 86_400_000
const RETENTION_MS = 2 * DAY_MS

const weightOf: Partial<Record<Kind, number>> = {
  say: 8,
  begin: 3,
  flush: 6,
  save: 3,
  renew: 4,
  edit: 4,
  reload: 4,
  leave: 4,
  restore: 5,
  end: 4,
  undo: 4,
  navigate: 5,
  back: 5,
  hide: 4,
  crash: 3,
  fill: 4,
  list: 1,
  cleanUp: 6,
  day: 6,
  delete: 8,
  lose: 4,
  failWrite: 4,
  empty: 4,
  powerLoss: 4,
}

const space: CaseSpace<Kind> = {
  always,
  themes,
  weights: weightOf,
  tabs: TABS,
  maxLength: 40,
  maxN: 8,
  openings: [[], ['begin', 'say', 'flush'], ['begin', 'say', 'flush'], ['begin', 'say', 'flush', 'end']],
  interrupting: [
    'delete',
    'restore',
    'end',
    'crash',
    'reload',
    'navigate',
    'back',
    'dialog',
    'lose',
    'duplicate',
  ],
  repeating: ['restore', 'restore', 'save', 'flush', 'reload', 'heal', 'delete'],
  meetings: [
    // One tab has a stored session open.
    {
      opening: parseOps('begin 0, save 0'),
      starts: ['save', 'save', 'edit', 'undo', 'end', 'delete', 'restore', 'rename'],
    },
    {
      opening: parseOps('begin 0, save 0'),
      starts: ['renew', 'reload', 'navigate', 'duplicate', 'hide', 'dialog', 'delete', 'save', 'say'],
    },
    // The session fills a segment or a block.
    {
      opening: parseOps('begin 0 #1, say 0 #7, flush 0'),
      starts: ['save', 'undo', 'edit', 'restore', 'end', 'failWrite'],
    },
    // No tab has the session open.
    {
      opening: parseOps('begin 0, save 0, end 0'),
      starts: ['restore', 'restore', 'delete', 'beginAgain', 'save', 'rename'],
    },
    // The session's page is in the back/forward cache.
    {
      opening: parseOps('begin 0, save 0, navigate 0'),
      starts: ['back', 'restore', 'delete', 'save', 'navigate', 'rename'],
    },
    // Another page has continued the session meanwhile.
    {
      opening: parseOps('begin 0, save 0, navigate 0, save 0, back 0'),
      starts: ['say', 'save', 'edit', 'hide', 'rename'],
    },
    // Words are encrypted, but not saved.
    {
      opening: parseOps('begin 0, save 0, say 0'),
      starts: ['undo', 'undo', 'dialog', 'reload', 'crash', 'hide', 'navigate', 'flush', 'save'],
    },
    // The session is old, and one page has seen that: a page of the tab that had it, or an open page.
    {
      opening: parseOps('begin 0, save 0, close 0, day 0 #2, cleanUp 0, close 0, day 0 #2'),
      starts: ['cleanUp', 'cleanUp', 'restore', 'day', 'yearBack', 'save'],
    },
    {
      opening: parseOps('begin 0, save 0, end 0, day 0 #2, cleanUp 1, close 1, day 0 #2'),
      starts: ['cleanUp', 'cleanUp', 'restore', 'navigate', 'yearForward'],
    },
    // The session only appears to be old.
    {
      opening: parseOps('begin 0, save 0, close 0, yearForward 0, cleanUp 0, close 0, day 0'),
      starts: ['cleanUp', 'cleanUp', 'restore', 'yearBack', 'save'],
    },
  ],
  preparing: ['failOpen', 'failRead', 'failWrite', 'lose', 'fill', 'fillTab', 'failProvider'],
  passing: ['busy', 'dialog', 'wait'],
}

/** A tab: its sessionStorage, its current page, and a page in its back/forward cache. */
interface Tab {
  /** Name of the frame, for a document in a frame that shares a page's area. */
  frame: string | undefined
  area: StorageArea
  /** True while its sessionStorage is full. */
  isFull: boolean
  possibleTokens: PossibleTokens
  client: Client | null
  cached: Client | null
  promised: Promised | null
  /** Words that its journals contain. */
  taken: Taken[]
  /** Versions of records that its pages have read or written, by key. */
  seen: Map<string, Set<number>>
}

/** Several tabs with the real storage on one simulated disk, and their invariants. */
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
  readonly situations = new Set<string>()
  #lastKind: Kind | null = null
  isCounted = true
  /** Tab ids that were taken from a live page. From then on, two pages may have the same id. */
  readonly #takenTabIds = new Set<string>()
  /** The page that last wrote to each session during or after its deletion. */
  readonly #lateWriters = new Map<string, { page: Page; failures: number }>()
  /** Changes of the system clock by some days, forward, each made while a page was open. */
  readonly #jumps: { ms: number; at: number; isNoticed: boolean }[] = []
  /** When each session's key was stored, independent of the system clock. */
  readonly #keyStoredAt = new Map<string, number>()
  /** Number of pages that keep their locks forever and never respond. */
  #abandonedCount = 0
  #pageCount = 0
  #frameCount = 0
  /** The key that the app's key provider returns; null while the app has no provider. */
  #wrappingKey: SimulatedKey | null = null

  constructor(code: StorageCode, seed: number) {
    this.#code = code
    this.world = new World(seed)
    this.browser = new Browser(this.world)
    this.disk = new Disk(this.world)
    this.disk.observer = {
      onRead: (page, key, { version }) => this.#noteSeen(page, key, version),
      onChange: (page, key, change) => this.world.attempt(() => this.#checkChange(page, key, change)),
      onCommitted: (page, keys) => {
        for (const key of keys) {
          const stored = this.disk.records.get(key)
          if (stored) this.#noteSeen(page, key, stored.version)
        }
        for (const key of keys) this.world.attempt(() => this.#checkWhole(key))
      },
    }
    this.browser.onRobbed = (name, { isFrozen, isSilent }) => {
      const [, tabId] = /:tab:(.*)/.exec(name) ?? []
      if (tabId !== undefined) this.#takenTabIds.add(tabId)
      if (!isFrozen && !isSilent) this.world.violate(new Violation(`${name} was stolen from a live page.`))
    }
    this.world.onEvent = () => {
      for (const client of this.#clients.values()) client.noteUse()
      if (this.isCounted) this.states.add(this.#describe())
    }
  }

  /** Runs the ops, interleaved with other events, then waits for rest and checks the result. */
  async run(ops: readonly StorageOp[]): Promise<void> {
    for (const op of ops) {
      if (op.gap === UNTIL_REST) {
        await this.world.rest()
        this.#checkTabIds()
        this.#noteTaken()
      } else if (op.gap === UNTIL_ENCRYPTED)
        await this.world.hurry((lane) => lane.endsWith("has a cipher's answer"))
      else for (let count = 0; count < op.gap && (await this.world.step()); count++);
      await this.world.happen(`user: ${op.kind} ${op.tab} ${op.n}`, () => this.#carryOut(op))
    }
    await this.world.rest()
    await this.#checkAtRest()
    await this.#audit()
  }

  #load(tab: Tab): Client {
    const page = new Page(this.browser, `page ${++this.#pageCount}`, tab.area, tab.frame)
    const { createStorage, renameStored } = loadCode(this.#code, page, this.disk)
    this.#tabOf.set(page, tab)
    const client = new Client({
      world: this.world,
      oracle: this.oracle,
      page,
      storage: createStorage(
        this.#wrappingKey ? { keyProvider: this.#providerFor(page, this.#wrappingKey) } : {},
      ),
      renameStored,
      possibleTokens: tab.possibleTokens,
      hasProvider: this.#wrappingKey !== null,
      promised: tab.promised,
      hasCopy: (id) => [...this.disk.records.keys()].some((key) => key.startsWith(`session/${id}~`)),
      onSaved: (saved) => this.#checkRepeated(saved),
      onAnswer: (label, outcome) =>
        this.situations.add(`${label.split(' ')[0]} ${outcome} after ${this.#lastKind}`),
      wasUsedElsewhere: (id, since) => this.#wasUsed(id, page, since),
      onClockChecked: (checking, since) => {
        for (const jump of this.#jumps) {
          if (checking.openedAt <= jump.at && jump.at <= since) jump.isNoticed = true
        }
      },
    })
    tab.promised = null
    this.#clients.set(page, client)
    tab.client = client
    if (this.disk.isHanging) page.faults.add('hangs')
    if (Number.isFinite(this.disk.capacity)) page.faults.add('full')
    if (tab.isFull) page.faults.add('tab is full')
    client.start()
    return client
  }

  /** The app's key provider in this page. It fails once after each `failProvider`. */
  #providerFor(page: Page, key: SimulatedKey): () => Promise<unknown> {
    return async () => {
      if (page.faults.delete('provider fails next')) throw new Error('The provider fails.')
      return key
    }
  }

  /** Every tab loads a version of the app with a key provider. */
  #protect(): void {
    if (this.#wrappingKey) return
    this.#wrappingKey = new SimulatedKey(this.world.nextId(), false)
    for (const tab of this.#tabs) {
      if (!tab) continue
      this.#unload(tab, tab.cached)
      if (!tab.client) continue
      tab.promised = tab.client.hide() ?? tab.client.carryPromise()
      this.#unload(tab)
    }
    for (const tab of this.#tabs) if (tab) this.#load(tab)
  }

  /** Other code replaces the key of a session, or of one to come, with its own. */
  #plant(id: string): void {
    if (!this.#wrappingKey) return
    const key = new SimulatedKey(this.world.nextId(), false)
    this.browser.planted.add(key.id)
    const owner = `session/${id}`
    const record = { v: 2, kind: 'key', owner, updatedAt: this.world.now(), key }
    this.disk.plant(`key/${owner}`, record as unknown as StoredRecord)
    this.oracle.of(id).excuses.add('planted')
  }

  /** Opens a tab, optionally with a copy of another tab's sessionStorage, or a frame in another tab's page. */
  #openTab(slot: number, from: Tab | null = null, frame?: string): Tab {
    const copied = frame === undefined ? from : null
    if (copied?.client) this.#noteClaiming(copied, copied.client)
    const tab: Tab = {
      frame,
      isFull: frame !== undefined && from ? from.isFull : false,
      area: frame !== undefined && from ? from.area : (copied?.area.copy() ?? new StorageArea()),
      possibleTokens: new Set(copied ? copied.possibleTokens : [null]),
      client: null,
      cached: null,
      promised: null,
      taken: [],
      // A duplicated tab copies the journals, and with them what they know.
      seen: new Map(copied ? [...copied.seen].map(([key, versions]) => [key, new Set(versions)]) : []),
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
    this.#noteClaiming(tab, client)
    page.die(keepsLocks)
    this.disk.close(page)
    for (const id of client.deleting) this.oracle.of(id).excuses.add('deleting')
  }

  /** If a page closes, is frozen or duplicated while it claims its id, it may have removed the token copied from another tab. */
  #noteClaiming(tab: Tab, { tabId }: Client): void {
    if (tabId === null) tab.possibleTokens.add(null)
  }

  #carryOut({ kind, tab: slot, n }: StorageOp): void {
    const { disk } = this
    const tab = this.#tabs[slot] ?? this.#openTab(slot)
    // A tab shows the app again if its page crashed or if it has shown another site meanwhile.
    const client = tab.client ?? this.#load(tab)
    const { page } = client.ports
    // A blocked page can't do anything, except crash.
    if (page.isBusy && kind !== 'crash' && kind !== 'powerLoss') return
    // Sessions that a list shows.
    const ids = [...this.oracle.sessions.keys()].filter((each) =>
      this.disk.records.has(`session/${each}/head`),
    )
    // One of the newest, so that tabs meet.
    const id = ids.at(-1 - (n % Math.max(1, Math.min(3, ids.length))))
    this.#noteSituation(kind, tab, client, id)
    const ops: Record<Kind, () => unknown> = {
      begin: () => client.begin(),
      beginAgain: () => client.begin(id),
      say: () => client.say(1 + n),
      edit: () => client.edit(),
      undo: () => client.undo(1 + n),
      flush: () => client.flush(),
      save: () => {
        client.say(1 + (n % 3))
        void client.flush()
      },
      chat: () => client.chat(),
      renew: () => client.renewToken(),
      hide: () => client.hide(),
      reload: () => {
        tab.promised = client.hide() ?? client.carryPromise()
        this.#unload(tab)
        this.#load(tab)
      },
      leave: () => {
        tab.promised = client.hide() ?? client.carryPromise()
        this.#unload(tab)
      },
      crash: () => {
        tab.promised = client.carryPromise()
        this.#unload(tab)
      },
      abandon: () => {
        this.#abandonedCount++
        this.#unload(tab, client, true)
      },
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
      // At most 4 s: shorter than the silence that counts as unresponsive.
      busy: () => page.block((n + 1) * 444),
      // Longer than other pages wait for a response.
      dialog: () => {
        if (knownFaults.blockedPageOpens && client.isOpening) page.faults.add('blocked')
        page.fallSilent((n + 8) * 1_000)
      },
      navigate: () => {
        if (tab.cached) return
        tab.promised = client.hide() ?? client.carryPromise()
        this.#noteClaiming(tab, client)
        page.freeze()
        disk.settle(page)
        tab.cached = client
        this.#load(tab)
      },
      back: () => {
        const { cached } = tab
        if (!cached) return
        const promised = client.hide() ?? client.carryPromise()
        this.#unload(tab)
        tab.client = cached
        tab.cached = null
        cached.ports.page.thaw(() => cached.recheck(promised), n % 2 === 1)
      },
      restore: () => id === undefined || client.restore(id),
      end: () => client.end(),
      delete: () => id === undefined || client.remove(id),
      rename: () =>
        id === undefined || client.rename(id, n % 4 === 3 ? null : `title-${this.world.nextId()}`),
      list: () => client.list(),
      cleanUp: () => client.cleanUp(RETENTION_MS),
      day: () => this.world.passTime((1 + (n % 3)) * DAY_MS),
      daysForward: () => {
        const ms = (1 + (n % 3)) * DAY_MS
        this.world.shiftClock(ms)
        this.#jumps.push({ ms, at: this.world.events, isNoticed: false })
      },
      daysBack: () => this.world.shiftClock(-(1 + (n % 3)) * DAY_MS),
      yearForward: () => this.world.shiftClock(365 * DAY_MS),
      yearBack: () => this.world.shiftClock(-365 * DAY_MS),
      earlier: () => client.loadEarlier(n % 2 === 0 ? 'newest' : 'all'),
      wait: () => this.world.setTimer(() => {}, n * 100),
      fillTab: () => this.#setTabsFull(true, tab.area),
      protect: () => this.#protect(),
      failProvider: () => page.faults.add('provider fails next').add('provider failed'),
      plant: () => id === undefined || this.#plant(id),
      failOpen: () => disk.failNext('open', page),
      failRead: () => disk.failNext('read', page),
      failWrite: () => disk.failNext('write', page),
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
      heal: () => {
        disk.heal()
        this.#setTabsFull(false)
      },
      powerLoss: () => this.#losePower(),
    }
    ops[kind]()
  }

  /** @param area The area that becomes full. @default all */
  #setTabsFull(isFull: boolean, area?: StorageArea): void {
    for (const tab of this.#tabs) {
      if (!tab || (area && tab.area !== area)) continue
      tab.isFull = isFull
      tab.area.setFull(isFull)
      // A token that can't be stored is removed.
      if (isFull) tab.possibleTokens.add(null)
      for (const client of [tab.client, tab.cached]) if (isFull) client?.ports.page.faults.add('tab is full')
    }
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

  /** Every version counts, not only the newest, because a power loss restores earlier ones. */
  #noteSeen(page: Page, key: string, version: number): void {
    const seen = this.#tabOf.get(page)?.seen
    seen?.set(key, (seen.get(key) ?? new Set()).add(version))
  }

  /** Checks every single change on disk. */
  #checkChange: NonNullable<Disk['observer']>['onChange'] = (page, key, { before, after, isSweep }) => {
    const client = this.#clients.get(page)
    const tab = this.#tabOf.get(page)
    const id = idOf(key)
    const isKey = key.startsWith('key/')
    // A page that then finds the session unreadable only records that.
    if (after && !key.startsWith('kept/') && this.oracle.sessions.get(id)?.excuses.has('deleting'))
      this.#lateWriters.set(id, { page, failures: page.failures })
    if (key.includes('~') && after?.kind === 'head' && !before) this.#checkCopy(id, after.revision)
    if (isKey && after && !before) this.#keyStoredAt.set(id, this.world.elapsed)
    // Each takeover replaces the previous fence.
    if (!before || !client || !tab || key.startsWith('meta/fence/')) return
    if (after !== null || !(isSweep || isKey)) {
      if (!tab.seen.get(key)?.has(before.version))
        throw new Violation(`${page.name} writes over ${key}, which it has not read.`)
    }
    if (
      isKey &&
      after &&
      this.disk.records.has(`session/${id}/head`) &&
      keyOf(after) !== keyOf(before.record) &&
      // A page with a key provider replaces a plain key.
      !(this.#wrappingKey && 'key' in before.record && !('key' in after))
    ) {
      throw new Violation(`${page.name} replaces the stored key of ${id}.`)
    }
    // The head is deleted first, and shows whose session it is.
    if (after === null && (isKey || (isSweep && key.endsWith('/head')))) this.#checkRemoval(client, id)
  }

  /** A copy is recovered only from words that the session was not continued from. */
  #checkCopy(id: string, revision: number): void {
    const { saved, versions, excuses } = this.oracle.of(id.split('~')[0] ?? '')
    const [version, ...others] = versions.filter((each) => each.revision === revision)
    if (!version || others.length > 0 || !saved || saved === version || excuses.size > 0) return
    if (descends(saved, version))
      throw new Violation(`${id} is a copy of ${nameOf(version)}, from which ${nameOf(saved)} was continued.`)
    const head = this.disk.records.get(`session/${version.sessionId}/head`)?.record
    const [stored, ...otherStored] = versions.filter(
      (each) => head?.kind === 'head' && each.revision === head.revision,
    )
    if (stored && otherStored.length === 0 && descends(version, stored))
      throw new Violation(
        `${id} is a copy of ${nameOf(version)}, which continues ${nameOf(stored)}, which is stored.`,
      )
    const named = beforeNames(saved)
    if (named !== saved && named && descends(version, named))
      throw new Violation(
        `${id} is a copy of ${nameOf(version)}, which differs from ${nameOf(saved)} only in its name.`,
      )
  }

  /** A session is deleted because the user asked for it, or because it is old or in the way and not open anywhere. */
  #checkRemoval(client: Client, id: string): void {
    // A page that wrote to a session which another page has deleted takes its write back.
    if (client.deleting.has(id) || this.oracle.of(id).excuses.has('deleting')) return
    for (const other of this.#clients.values()) {
      const { page } = other.ports
      if (page.isDead || page.isFrozen || page.isSilent || other.session?.id !== id || other.refusal) continue
      throw new Violation(`${client.ports.page.name} removes ${id}, which ${page.name} has open.`)
    }
    const head = this.disk.records.get(`session/${id}/head`)?.record
    const isOwned = ({ tabId, claimedAt }: Client) =>
      head?.kind === 'head' &&
      tabId === head.tabId &&
      // A page whose tab id was taken continues with a new one.
      !this.#takenTabIds.has(tabId) &&
      claimedAt < client.cleansSince
    if (this.#livingClients().some(isOwned)) {
      throw new Violation(`${client.ports.page.name} removes ${id}, although its tab is open.`)
    }
    const session = this.oracle.of(id)
    const usedAt =
      head?.kind === 'head'
        ? session.versions
            .filter(({ revision }) => revision === head.revision)
            .map((version) => version.stagedAt ?? 0)
        : [this.#keyStoredAt.get(id) ?? 0]
    // No page saw it happen, so it looks like time without a page.
    const unnoticed = this.#jumps.reduce((sum, { ms, isNoticed }) => sum + (isNoticed ? 0 : ms), 0)
    // A full disk costs no conversation either, because no app here chooses one to delete.
    if (usedAt.every((at) => this.world.elapsed + unnoticed - at < RETENTION_MS)) {
      throw new Violation(`${client.ports.page.name} removes ${id}, although it has not expired.`)
    }
    session.excuses.add('swept')
    session.saved = null
  }

  /** True if another page has had the session, or was acquiring or releasing one, since that event. */
  #wasUsed(id: string, page: Page, since: number): boolean {
    return [...this.#clients.values()].some(
      ({ ports, usedAt, busyAt }) =>
        ports.page !== page &&
        ((this.browser.holderOf(lockOf(id)) === ports.page &&
          (ports.page.isDead || ports.page.isFrozen || ports.page.isSilent)) ||
          Math.max(busyAt, usedAt.get(id) ?? -1) >= since),
    )
  }

  /**
   * Checks at rest that duplicated tabs have distinct ids. A page from the back/forward cache may find that another page has its id, and
   * then stores a new id for its tab's next page.
   */
  #checkTabIds(): void {
    const seen = new Set<string>()
    for (const tab of this.#tabs) {
      const { tabId = null, ports } = tab?.client ?? {}
      if (tabId === null || !ports || this.#takenTabIds.has(tabId)) continue
      const lock = `redux-voice-agent:redux-voice-agent:tab:${tabId}`
      if (ports.page.freezes > 0 && this.browser.lacks(ports.page, lock)) continue
      if (seen.has(tabId)) throw new Violation(`Two tabs have the id ${tabId}.`)
      seen.add(tabId)
    }
  }

  #livingClients(): Client[] {
    return this.#tabs.flatMap((tab) => (tab?.client ? [tab.client] : []))
  }

  /** Notes at rest which words must be journalled: those lost to a takeover, and those of a session that ended on a bad disk. */
  #noteTaken(): void {
    for (const tab of this.#tabs) {
      if (!tab?.client) continue
      const { taken, ended, ports } = tab.client
      const { faults } = ports.page
      if (faults.size === 0) tab.taken.push(...taken)
      if ([...faults].every((fault) => fault === 'full' || fault === 'write fails')) tab.taken.push(...ended)
      tab.client.taken = tab.client.ended = []
    }
  }

  /** With a healthy disk and no pending events, every request has settled and every word is stored. */
  async #checkAtRest(): Promise<void> {
    this.disk.heal()
    this.#setTabsFull(false)
    await this.world.rest()
    this.#checkTabIds()
    // Each tab shows the app again, and finds what was promised.
    for (const tab of this.#tabs) if (tab && !tab.client) this.#load(tab)
    await this.world.rest()
    // Retries failed saves.
    for (const client of this.#livingClients()) void client.flush()
    await this.world.rest()
    for (const client of this.#livingClients()) this.#checkRepeated(client)
    // One more message, saved together with everything that couldn't be saved before, as the middleware does.
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

  /** Checks that a transaction leaves the session consistent: exactly the segments that its head names. */
  #checkWhole(key: string): void {
    const head = this.disk.records.get(key)?.record
    if (head?.kind !== 'head' || this.oracle.of(head.sessionId).excuses.size > 0) return
    const prefix = `session/${head.sessionId}/messages/`
    const count = [...this.disk.records.keys()].filter((each) => each.startsWith(prefix)).length
    if (count === head.segmentCount) return
    throw new Violation(`${head.sessionId} has ${count} segments; its head says ${head.segmentCount}.`)
  }

  /** If a page has nothing left to save and reports `persistent`, its newest version must be stored. */
  #checkRepeated({ session, status, pending, refusal, isSaving, ports: { page } }: Client): void {
    if (!session || pending || refusal || isSaving || status !== 'persistent') return
    if (this.browser.holderOf(lockOf(session.id)) !== page || this.oracle.of(session.id).excuses.size > 0)
      return
    const head = this.disk.records.get(`session/${session.id}/head`)?.record
    const stored = head?.kind === 'head' ? head.revision : null
    if (stored === session.version.revision) return
    throw new Violation(
      `${page.name} has nothing to save of ${nameOf(session.version)}, but ${stored} is stored.`,
    )
  }

  #checkSaved(client: Client): void {
    const { session, status, refusal, ports } = client
    const { page } = ports
    if (status === 'memory') {
      // Judging two unresponsive owners takes 14 s, as long as a page may take to open its storage. So may a dialog.
      if (page.faults.size === 0 && this.#abandonedCount < 2 && !page.wasSilent)
        throw new Violation(`${page.name} stores nothing.`)
      return
    }
    if (!session) return
    if (refusal) {
      const isOwned = this.browser.holderOf(lockOf(session.id)) === page
      if (refusal === 'session-open-elsewhere' && isOwned)
        throw new Violation(`${page.name} owns ${session.id}, but does not save it: ${refusal}.`)
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
        `${page.name} has ${session.id}@${revision}, but ${stored} is stored, although nothing fails.`,
      )
    }
    if (head?.kind === 'head' && stored === revision && !isTaken && !isGone) {
      const keys = [...this.disk.records.keys()].filter(
        (key) => idOf(key) === session.id && !/^(kept|meta)\//.test(key),
      )
      const segments = keys.filter((key) => key.includes('/messages/')).length
      const blocks = keys.filter((key) => key.includes('/versions/')).length
      // The key, the head, the mark, and what this page has loaded, also after the database was cleared.
      if (
        keys.length - segments - blocks !== 3 ||
        (session.firstLoadedIndex === 0 && segments !== head.segmentCount)
      ) {
        throw new Violation(`${page.name} has saved ${session.id}, but only ${keys.join(', ')} are stored.`)
      }
    }
    if (client.pending === null && status !== 'persistent' && !isTaken && !isGone) {
      throw new Violation(`${page.name} has saved everything, but reports ${status}: ${client.error?.code}.`)
    }
  }

  /** Crashes every page. A new tab must then find everything that must exist, and nothing else. */
  async #audit(): Promise<void> {
    this.#noteTaken()
    const tabs = this.#tabs.filter((tab) => tab !== null)
    const departed = [...this.#lateWriters].flatMap(([id, { page, failures }]) =>
      page.isDead || page.isFrozen || page.failures > failures ? [id] : [],
    )
    for (const [slot, tab] of this.#tabs.entries()) {
      this.#unload(tab, tab?.cached)
      this.#unload(tab)
      this.#tabs[slot] = null
      if (tab) this.#checkSecrecy(tab.area)
    }
    await this.world.rest()
    this.#checkLeftovers(knownFaults.departedPageLeavesOrphans ? departed : [])
    for (const tab of tabs) await this.#checkTaken(tab)
    const tab = this.#openTab(0)
    const client = tab.client as Client
    await this.world.rest()
    for (const { id } of this.oracle.sessions.values()) {
      client.restore(id)
      client.end()
      await this.world.rest()
    }
    const [waiting] = client.open
    if (waiting) throw new Violation(`The auditor waits forever: ${waiting.label}.`)
    this.#unload(tab)
  }

  /** The tab's next page finds the words that were noted, in their session or in a copy. */
  async #checkTaken(tab: Tab): Promise<void> {
    if (tab.taken.length === 0) return
    const client = this.#load(tab)
    await this.world.rest()
    for (const { sessionId, texts, page } of tab.taken) {
      const { excuses, versions } = this.oracle.of(sessionId)
      const isOf = ({ id }: { id: string }) => id.startsWith(`${sessionId}~`)
      if (
        excuses.size > 0 ||
        [...this.oracle.sessions.values()].some((each) => isOf(each) && each.excuses.size > 0)
      )
        continue
      // Another page has had them since, and may have taken them back.
      const isOwn = (version: Version) => version.page === page && !version.isShared
      const known = new Set(versions.flatMap((version) => (isOwn(version) ? [] : version.texts)))
      // A user may have changed them in a copy, too.
      for (const copy of [...this.oracle.sessions.values()].filter(isOf))
        for (const text of copy.versions.flatMap((version) => version.texts)) known.add(text)
      const copies = [...this.disk.records.keys()].map((key) => idOf(key)).filter((id) => isOf({ id }))
      let isPartial = false
      for (const id of new Set([sessionId, ...copies])) {
        client.restore(id)
        await this.world.rest()
        isPartial ||= id !== sessionId && (client.session?.firstLoadedIndex ?? 0) > 0
        for (const text of client.session?.version.texts ?? []) known.add(text)
        client.end()
        await this.world.rest()
      }
      const lost = texts.find((text) => !known.has(text))
      // Earlier messages of a copy are not loaded here.
      if (lost && !isPartial)
        throw new Violation(`${lost} was not saved before its session was taken over or ended, and is lost.`)
    }
    this.#unload(tab)
    await this.world.rest()
  }

  /** Checks that no message, name or token is stored in plain text. */
  #checkSecrecy(area: StorageArea): void {
    for (const name of Object.keys(area)) {
      const value = area.getItem(name) ?? ''
      const clear = value + value.replace(/"base64":"([^"]*)"/g, (_, text) => atob(text))
      if (/words-|token-of|title-/.test(clear))
        throw new Violation(`sessionStorage contains plain text: ${name}.`)
    }
    for (const [key, { record }] of this.disk.records) {
      if ('data' in record && /words-|token-of|title-/.test(Buffer.from(record.data).toString('latin1'))) {
        throw new Violation(`The disk contains plain text: ${key}.`)
      }
    }
  }

  /** @param orphans Deleted sessions that may have left records. */
  #checkLeftovers(orphans: readonly string[]): void {
    for (const { record } of this.disk.records.values()) {
      if (record.kind !== 'head') continue
      const prefix = `session/${record.sessionId}/messages/`
      const stored = [...this.disk.records.keys()].filter((key) => key.startsWith(prefix)).length
      const { excuses } = this.oracle.of(record.sessionId)
      if (stored > record.segmentCount || (stored < record.segmentCount && excuses.size === 0)) {
        throw new Violation(
          `${record.sessionId} has ${stored} segments; its head says ${record.segmentCount}.`,
        )
      }
    }
    for (const { id, excuses, isBegunAgain } of this.oracle.sessions.values()) {
      if (!excuses.has('deleted')) continue
      const left = [...this.disk.records.keys()].filter((key) => idOf(key) === id)
      if (isBegunAgain && String(left) === `key/session/${id}`) continue
      const isReadable = left.includes(`key/session/${id}`) && !excuses.has('emptied')
      if (orphans.includes(id) && !isReadable) continue
      if (left.length > 0) throw new Violation(`${id} was deleted, but ${left.join(', ')} are left.`)
    }
  }

  /** Describes roughly in which situation an op runs. */
  #noteSituation(kind: Kind, tab: Tab, client: Client, id: string | undefined): void {
    this.#lastKind = kind
    const labelsOf = ({ open }: Client) =>
      [...new Set([...open].map(({ label }) => label.split(' ')[0]))].sort()
    const relationOf = (each: Client) => (each.session ? each.session.id === id : '')
    const fate = id !== undefined && [...this.oracle.of(id).excuses].sort()
    const own = [kind, relationOf(client), labelsOf(client)]
    this.situations.add(JSON.stringify([own, client.status, client.refusal, tab.cached !== null, fate]))
    for (const other of this.#tabs) {
      const each = other?.client
      if (!each || each === client) continue
      this.situations.add(JSON.stringify([own, relationOf(each), labelsOf(each), other.cached !== null]))
    }
  }

  /** Describes the state without names, so that equivalent states count once. */
  #describe(): string {
    const names = new Map<string, number>()
    const labelOf = (id: string) => {
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
        session ? labelOf(session.id) : '',
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
        labelOf(id),
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
  return {
    draw: (dice) => drawCase(space, dice),
    vary: (ops, other, dice) => varyCase(space, ops, other, dice),
    create: (schedule) => new StorageSimulation(code, schedule),
  }
}
