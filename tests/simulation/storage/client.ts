import type {
  SessionRecords,
  StoredSession,
  VoiceStorage,
} from '../../../middleware/drivers/storage/ports.js'
import type { renameStored } from '../../../middleware/drivers/storage/stored-session.js'
import type { Message, SessionSnapshot, StorageStatus, VoiceError } from '../../../store/index.js'
import type { Page } from '../browser.js'
import { Violation, type World } from '../world.js'
import { descends, nameOf, type Oracle, type Version } from './oracle.js'

/** Session ids that the token in a tab's sessionStorage may have; null for no token. */
export type PossibleTokens = Set<string | null>

interface ClientSession {
  id: string
  version: Version
  messages: readonly Message[]
  firstLoadedIndex: number
  /** True if the session was read or saved, so a key that may encrypt it is in memory. */
  isKeyed: boolean
  /** True if another page owns the session now. */
  isTaken?: boolean
}

/** A pending request of the client. */
interface Request {
  label: string
}

/** Words that were encrypted when their page closed. The tab restores them, unless another tab has owned the session since. */
export interface Promised {
  version: Version
  /** How often the session had been acquired by then. */
  owners: number
}

/** Unsaved words of a page whose session another page has continued. They are journalled and become a conversation of their own. */
export interface Taken {
  sessionId: string
  texts: readonly string[]
  page: string
}

export interface ClientPorts {
  world: World
  oracle: Oracle
  page: Page
  storage: VoiceStorage
  /** `renameStored` from the page's own code. */
  renameStored: typeof renameStored
  possibleTokens: PossibleTokens
  /** True if the app has a key provider, so that a plain key encrypts nothing. */
  hasProvider: boolean
  promised: Promised | null
  /** Returns true if a copy of the session was recovered. */
  hasCopy: (sessionId: string) => boolean
  /** Called after each successful save. */
  onSaved: (client: Client) => void
  /** Called with the outcome of each request: `done`, or its error code. */
  onAnswer: (label: string, outcome: string) => void
  /** Returns true if another page has had the session, or was acquiring or releasing one, since that event. */
  wasUsedElsewhere: (sessionId: string, since: number) => boolean
  /** Called when this page has compared the clock with its own run time and stored the result. It began after event `since`. */
  onClockChecked: (client: Client, since: number) => void
}

/**
 * Uses a page's storage like the middleware does: each snapshot has a higher revision, and sessions are created, restored and ended one
 * after the other. A failed save is retried later.
 */
export class Client {
  readonly ports: ClientPorts
  readonly open = new Set<Request>()
  session: ClientSession | null = null
  tabId: string | null = null
  status: StorageStatus | null = null
  error: VoiceError | null = null
  /** Staged, but not reported as saved. */
  pending: { snapshot: SessionSnapshot; version: Version } | null = null
  /** Why a save was permanently refused. */
  refusal: string | null = null
  /** Words that a takeover or a reload removed from this page and that are not known to be journalled yet. */
  taken: Taken[] = []
  /** Words of sessions that ended although their last save had failed. */
  ended: Taken[] = []
  /** Texts of the session that are on disk, as far as this page knows. */
  #savedTexts: readonly string[] = []
  /** Sessions that this page has asked to delete. */
  readonly deleting = new Set<string>()
  /** Event at which the cleanup began. */
  cleansSince = -1
  /** Event at which the page owned the tab's id. */
  claimedAt = 0
  /** Event at which the storage was open, so that the page compares the clock with its own run time. */
  openedAt = Number.POSITIVE_INFINITY
  /** Last event at which it had each session. `busyAt`: last event at which it was waiting for anything. */
  readonly usedAt = new Map<string, number>()
  busyAt = -1
  #queue: Promise<unknown> = Promise.resolve()
  /** The last operation on each session. */
  readonly #turns = new Map<string, Promise<unknown>>()
  /** Session that is being restored. */
  #reading: string | null = null
  /** A promise that can still be kept, with the number of versions that its session had. */
  #carried: { promised: Promised; versions: number } | null = null
  /** Counts saves and removals of the token. */
  #tokenChanges = 0
  /** Session whose token may exist only in memory. */
  #unstoredToken: string | null = null

  constructor(ports: ClientPorts) {
    this.ports = ports
  }

  get isSaving(): boolean {
    return [...this.open].some(({ label }) => label.startsWith('save '))
  }

  get isOpening(): boolean {
    return [...this.open].some(({ label }) => /^(start|restore|recheck|rename)/.test(label))
  }

  get isBusy(): boolean {
    return this.open.size > 0
  }

  noteUse(): void {
    const { page, world } = this.ports
    if (page.isDead) return
    if (this.session) this.usedAt.set(this.session.id, world.events)
    if (this.isBusy) this.busyAt = world.events
  }

  /** Waits for a response, which must arrive unless the page closes. */
  async #ask<T>(label: string, asked: Promise<T>): Promise<T> {
    const request = { label }
    const note = (what: string) => this.ports.world.log?.(`    ${this.ports.page.name}: ${label} ${what}`)
    this.open.add(request)
    note('…')
    try {
      const answer = await asked
      note('done')
      this.ports.onAnswer(label, 'done')
      return answer
    } catch (error) {
      note(`failed: ${codeOf(error)}`)
      this.ports.onAnswer(label, String(codeOf(error)))
      throw error
    } finally {
      this.open.delete(request)
    }
  }

  /** Runs operations on the open session one after the other. */
  #inTurn(label: string, run: () => Promise<void>): void {
    this.#queue = this.#ask(label, this.#queue.then(run)).catch((error: unknown) =>
      this.ports.world.violate(error),
    )
  }

  /** Runs `work` after all earlier operations on the session. */
  #inTurnOf<T>(id: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#turns.get(id) ?? Promise.resolve()).then(work)
    this.#turns.set(
      id,
      done.catch(() => undefined),
    )
    return done
  }

  /** Loads the page and restores the tab's session, if any. */
  start(): void {
    const { storage, possibleTokens } = this.ports
    const { records, tokens, tab } = storage
    records.onLost(() => {
      // Stored data may be lost, so save all of it again with a higher revision.
      this.#change(this.session?.messages ?? [])
      void this.flush()
    })
    this.#inTurn('start', async () => {
      const opened = records.open((status, error) => {
        this.status = status
        this.error = error
        this.ports.world.log?.(`    ${this.ports.page.name}: ${status} ${error?.code ?? ''}`)
        if (error?.code === 'session-open-elsewhere') this.#noteTaken()
      })
      const { tabId, isDuplicate } = await tab.claim()
      this.tabId = tabId
      if (isDuplicate) {
        possibleTokens.clear()
        possibleTokens.add(null)
      }
      this.claimedAt = this.ports.world.events
      await opened
      this.openedAt = this.ports.world.events
      const stored = tokens.read()
      const id = stored?.persistedSessionId ?? null
      if (!possibleTokens.has(id)) throw new Violation(`The tab finds a token of ${id}.`)
      if (!stored || id === null) return
      try {
        const { sessionId } = await stored.open()
        if (sessionId !== id) throw new Violation(`A token of ${sessionId} is stored under ${id}.`)
      } catch (error) {
        if (error instanceof Violation) throw error
        this.#clearTokens()
        return
      }
      await this.#load(id)
      this.#checkPromise(id)
    })
  }

  /** Another page took over the session: stop saving it. */
  #noteTaken(): void {
    const { session } = this
    const { page } = this.ports
    if (!session?.isKeyed || session.isTaken || page.browser.holderOf(lockOf(session.id)) === page) return
    this.session = { ...session, isTaken: true }
    const texts = session.version.texts.filter((text) => !this.#savedTexts.includes(text))
    if (texts.length > 0) this.taken.push({ sessionId: session.id, texts, page: page.name })
  }

  #checkPromise(id: string, promised = this.ports.promised): void {
    const { page, oracle } = this.ports
    if (promised?.version.sessionId !== id || oracle.of(id).excuses.size > 0) return
    const since = page.browser.ownersOf(lockOf(id)).slice(promised.owners)
    const found = this.session?.version
    if (found && descends(found, promised.version)) return
    if (page.faults.size > 0) {
      // The next page may still manage what this one couldn't, unless this one continues from what it found.
      this.#carried = { promised, versions: oracle.of(id).versions.length }
      return
    }
    // The promised words were said on a page from the back/forward cache after another page had continued the session.
    const { versions } = oracle.of(id)
    const isEarlier = found && versions.indexOf(found) < versions.indexOf(promised.version)
    const hasDiverged = isEarlier && found.page !== promised.version.page
    if (hasDiverged || since.some(({ area, frame }) => area !== page.area || frame !== page.frame)) {
      // Another page continued from an earlier state, so the words are in that conversation or in a copy of this one.
      const isThere = promised.version.texts.every((text) => found?.texts.includes(text))
      if (!found || isThere || this.ports.hasCopy(id)) return
    }
    throw new Violation(
      `${nameOf(promised.version)} was encrypted when its page closed, but ${found && nameOf(found)} was restored.`,
    )
  }

  /** Returns the promise that the tab's next page must keep if this one crashes. */
  carryPromise(): Promised | null {
    if (!this.#carried) return null
    const { promised, versions } = this.#carried
    const { sessionId } = promised.version
    return this.ports.oracle.of(sessionId).versions.length === versions ? promised : null
  }

  /** @param named Session id chosen by the server. Refused if that session is stored. */
  begin(named?: string): void {
    const { records } = this.ports.storage
    this.#inTurn('begin', async () => {
      await this.#end()
      const id = `s${this.ports.world.nextId()}`
      if (named !== undefined && (await this.#inTurnOf(named, () => this.#isTaken(named)))) return
      this.ports.oracle.create(id)
      try {
        await records.create(id)
      } catch (error) {
        // A known fault: see `blockedPageOpens`.
        if (this.ports.page.faults.has('blocked')) return
        throw error
      }
      await this.#saveToken(id)
      const version = { sessionId: id, revision: 0, parent: null, texts: [], count: 0, title: null }
      this.session = { id, version, messages: [], firstLoadedIndex: 0, isKeyed: false }
      this.#savedTexts = []
      this.refusal = null
      this.#change([])
    })
  }

  /** Creates a session with a stored id, which must be refused unless nothing of that session is left. */
  async #isTaken(id: string): Promise<boolean> {
    const session = this.ports.oracle.of(id)
    const { excuses } = session
    session.isBegunAgain = true
    try {
      await this.ports.storage.records.create(id)
    } catch {
      return true
    }
    if (this.status !== 'memory' && this.ports.page.faults.size === 0 && excuses.size === 0)
      throw new Violation(`${id} is stored, but was created again.`)
    await this.ports.storage.records.release(id)
    return true
  }

  say(count: number): void {
    const messages = this.session?.messages ?? []
    this.#change([...messages, ...Array.from({ length: count }, () => this.#message())])
  }

  /** A conversation whose user switches away after each message, so long that the head no longer names the earliest journals. */
  chat(messages = 20): void {
    const { page, world } = this.ports
    if (messages === 0 || page.isDead || page.isFrozen || page.isBusy) return
    this.say(1)
    this.hide()
    world.setTimer(() => this.chat(messages - 1), 100)
  }

  /** Streams more text into the last message. */
  edit(): void {
    const messages = this.session?.messages ?? []
    if (messages.length > 0) this.#change(messages.with(-1, this.#message()))
  }

  /** Takes back some of the last messages. */
  undo(count: number): void {
    const messages = this.session?.messages ?? []
    if (messages.length > 0) this.#change(messages.slice(0, -count))
  }

  #message(): Message {
    const number = this.ports.world.nextId()
    const text = `words-${number}-of-${this.session?.id}`
    return { id: `m${number}`, role: 'user', text, status: 'final', createdAt: this.ports.world.now() }
  }

  #change(messages: readonly Message[], title = this.session?.version.title ?? null): void {
    const { session, tabId } = this
    if (!session || tabId === null) return
    const { id, firstLoadedIndex, version: parent } = session
    const known = parent.texts.slice(0, Math.max(0, parent.texts.length - session.messages.length))
    const version: Version = this.ports.oracle.stage({
      sessionId: id,
      revision: parent.revision + 1,
      parent,
      texts: [...known, ...messages.map(({ text }) => text)],
      count: firstLoadedIndex + messages.length,
      title,
      stagedAt: this.ports.world.elapsed,
      page: this.ports.page.name,
    })
    this.session = { ...session, messages, version }
    const now = this.ports.world.now()
    const snapshot: SessionSnapshot = {
      head: {
        id,
        tabId,
        createdAt: 1,
        updatedAt: now,
        connectionStatus: 'connected',
        conversationStatus: 'listening',
        startedAt: null,
        endedAt: null,
        reconnectAttempts: 0,
        messageCount: version.count,
        ...(title === null ? {} : { title }),
      },
      messages,
      firstLoadedIndex,
      revision: version.revision,
      _persist: { version: 1, rehydrated: true },
    }
    this.pending = { snapshot, version }
    this.ports.storage.records.stage(snapshot)
  }

  /** Saves the staged snapshot. Resolves when that has finished. */
  async flush(): Promise<void> {
    const { pending } = this
    if (!pending) return
    const { snapshot, version } = pending
    this.pending = null
    const since = this.ports.world.events
    try {
      await this.#ask(
        `save ${version.sessionId}@${version.revision}`,
        this.ports.storage.records.setItem(version.sessionId, snapshot),
      )
      // While the session is reloaded, a save also ends if another page of the tab has saved a newer state.
      if ([...this.open].some(({ label }) => label === 'recheck')) return
      if (this.status !== 'memory') {
        this.ports.oracle.reportSaved(version)
        this.ports.onClockChecked(this, since)
      }
      if (this.session?.id === version.sessionId) {
        this.session = { ...this.session, isKeyed: true }
        this.#savedTexts = version.texts
        // A page that returned may have been refused before it owned the session again.
        this.refusal = null
      }
      this.ports.onSaved(this)
    } catch (error) {
      if (error instanceof Violation) this.ports.world.violate(error)
      if (this.session?.id !== version.sessionId) return
      this.pending ??= pending
      const code = codeOf(error)
      if (code !== 'storage-quota' && code !== 'storage-write-failed') this.refusal = code
    }
  }

  /** The page may be closing, so staged changes are journalled synchronously. */
  hide(): Promised | null {
    const { page, storage } = this.ports
    const isReady = page.sealing === 0 && (page.waiting === 0 || this.session?.isKeyed === true)
    const isSealed = isReady && page.faults.size === 0 && this.status === 'persistent'
    void this.flush()
    storage.records.flushSync()
    if (!isSealed || !this.session || this.refusal) return null
    const { id, version } = this.session
    // While this page was in the back/forward cache, another one may have acquired the session.
    const holder = page.browser.holderOf(lockOf(id))
    if (holder && holder !== page) return null
    const promised = { version, owners: page.browser.ownersOf(lockOf(id)).length }
    this.#carried = { promised, versions: this.ports.oracle.of(id).versions.length }
    return promised
  }

  end(): void {
    this.#inTurn('end', () => this.#end())
  }

  async #end(): Promise<void> {
    if (!this.session) return
    const { id, isKeyed, isTaken, version } = this.session
    const { oracle, page, storage } = this.ports
    const isWritable = isKeyed && !isTaken && this.refusal === null
    const texts = version.texts.filter((text) => !this.#savedTexts.includes(text))
    this.#clearTokens()
    const flushed = this.flush()
    this.session = null
    this.pending = null
    await this.#inTurnOf(id, () => Promise.all([flushed, storage.records.release(id)]))
    const { saved } = oracle.of(id)
    const isStored = saved !== null && descends(saved, version)
    if (isWritable && !isStored && texts.length > 0)
      this.ended.push({ sessionId: id, texts, page: page.name })
  }

  /** Renames the page's own session with its next save, or any other session on disk. */
  rename(id: string, title: string | null): void {
    if (this.session?.id === id) {
      this.#change(this.session.messages, title)
      void this.flush()
    } else if (this.#reading === id) {
      void this.#inTurnOf(id, async () => undefined).then(() => this.rename(id, title))
    } else {
      this.#ask(
        `rename ${id}`,
        this.#inTurnOf(id, () => this.#renameStored(id, title)),
      ).catch((error: unknown) => this.ports.world.violate(error))
    }
  }

  /** @throws Violation if the rename is refused without a reason, or changes more than the name */
  async #renameStored(id: string, title: string | null): Promise<void> {
    const { oracle, storage, page, world } = this.ports
    const since = world.events
    let found: Version | null = null
    let renamed: Version | null = null
    const records: Pick<SessionRecords, 'getItem' | 'setItem' | 'release'> = {
      getItem: async (key) => {
        const stored = await storage.records.getItem(key)
        found = stored && this.#recognise(id, stored)
        return stored
      },
      setItem: (key, snapshot) => {
        if (!found) throw new Violation(`${page.name} renames ${id} unread.`)
        // A rename doesn't count as use, so the age stays the same.
        renamed = oracle.stage({
          ...found,
          parent: found,
          revision: snapshot.revision,
          title,
          isRename: true,
          page: page.name,
        })
        return storage.records.setItem(key, snapshot)
      },
      release: (key) => storage.records.release(key),
    }
    try {
      await this.ports.renameStored(id, title, records)
      if (renamed && this.status !== 'memory') oracle.reportSaved(renamed)
    } catch (error) {
      if (error instanceof Violation) throw error
      const code = codeOf(error)
      if (code === 'session-missing' && this.status !== 'memory') oracle.checkMissing(id)
      this.#checkRefusal(id, code, since)
    }
  }

  restore(id: string): void {
    this.#inTurn(`restore ${id}`, async () => {
      if (this.session?.id === id) return
      await this.#end()
      await this.#load(id)
      if (this.session) await this.#saveToken(id)
    })
  }

  async #load(id: string): Promise<void> {
    const { records } = this.ports.storage
    const since = this.ports.world.events
    let stored: StoredSession | null
    this.#reading = id
    try {
      stored = await this.#inTurnOf(id, () => records.getItem(id))
    } catch (error) {
      this.#reading = null
      records.quarantine(id, error)
      this.#checkRefusal(id, codeOf(error), since)
      this.#clearTokens()
      return
    }
    if (stored) this.#adopt(id, stored)
    this.#reading = null
    if (stored) return
    if (this.status !== 'memory') this.ports.oracle.checkMissing(id)
    this.#clearTokens()
  }

  #recognise(id: string, stored: StoredSession): Version {
    const { page, oracle } = this.ports
    // A page that was silent may learn only later that its session was taken.
    const isTaken = page.wasSilent && page.browser.holderOf(lockOf(id)) !== page
    return oracle.recognise(id, stored, isTaken)
  }

  #adopt(id: string, stored: StoredSession): void {
    const version = this.#recognise(id, stored)
    const isWarned = stored.warning?.code === 'session-rolled-back'
    if (isWarned && this.ports.page.faults.size === 0 && this.ports.oracle.of(id).excuses.size === 0)
      throw new Violation(`${id} was reported as an older copy, but is not.`)
    if (version.page !== this.ports.page.name) version.isShared = true
    this.session = {
      id,
      version,
      messages: stored.messages,
      firstLoadedIndex: stored.firstLoadedIndex,
      isKeyed: !(this.ports.hasProvider && stored.keyProtection === 'plain'),
    }
    this.#savedTexts = version.texts
    this.ports.world.log?.(`    ${this.ports.page.name} has ${id}@${version.revision}`)
    this.pending = null
    this.refusal = null
  }

  /**
   * Restores the page from the back/forward cache, with its memory intact.
   *
   * @param promised Words that were encrypted when the tab's other page closed.
   */
  recheck(promised: Promised | null): void {
    if (this.#unstoredToken !== null) this.ports.possibleTokens.add(this.#unstoredToken)
    this.#inTurn('recheck', async () => {
      const { session } = this
      if (!session) return
      const reload = () => this.ports.storage.records.reloadIfNewer(session.id)
      const stored = await this.#inTurnOf(session.id, reload)
      if (this.session?.id !== session.id) return
      const { page } = this.ports
      // A session that another page had open for a moment is not read, and the status says so.
      const isKept = !stored && this.status !== 'degraded'
      if (isKept && page.browser.holderOf(lockOf(session.id)) === page)
        this.#checkPromise(session.id, promised)
      if (!stored) return
      const { version } = this.session
      const savedTexts = this.#savedTexts
      this.#adopt(session.id, stored)
      const known = [...savedTexts, ...this.session.version.texts]
      const texts = version.texts.filter((text) => !known.includes(text))
      if (texts.length > 0) this.taken.push({ sessionId: session.id, texts, page: this.ports.page.name })
      const isExcused = page.faults.size > 0 || this.ports.oracle.of(session.id).excuses.size > 0
      if (!isExcused && version !== this.session.version && descends(version, this.session.version))
        throw new Violation(`${page.name} returned, and dropped ${nameOf(version)}, its own.`)
      this.#checkPromise(session.id, promised)
    })
  }

  remove(id: string): void {
    this.#inTurn(`delete ${id}`, async () => {
      if (this.session?.id === id) await this.#end()
      const { excuses } = this.ports.oracle.of(id)
      excuses.add('deleting')
      this.deleting.add(id)
      try {
        await this.#inTurnOf(id, () => this.ports.storage.records.removeItem(id))
        if (this.status !== 'memory') excuses.add('deleted')
      } catch (error) {
        // All or part of it may be gone: see `deleting`.
        this.ports.onAnswer('delete', String(codeOf(error)))
      }
    })
  }

  async list(): Promise<void> {
    try {
      const listed = await this.#ask('list', this.ports.storage.records.list())
      for (const { id } of listed) this.ports.oracle.of(id)
    } catch (error) {
      if (error instanceof Violation) this.ports.world.violate(error)
    }
  }

  async cleanUp(retentionMs: number): Promise<void> {
    const before = this.ports.world.now() - retentionMs
    const since = this.ports.world.events
    if (this.cleansSince < 0) this.cleansSince = since
    const keep = this.session ? [this.session.id] : []
    const removed = await this.#ask('clean up', this.ports.storage.records.removeExpired(before, keep)).catch(
      () => null,
    )
    if (removed !== null) this.ports.onClockChecked(this, since)
    this.cleansSince = -1
  }

  async loadEarlier(depth: 'newest' | 'all'): Promise<void> {
    const { session } = this
    if (!session || session.firstLoadedIndex === 0) return
    const { id, firstLoadedIndex } = session
    const range = await this.#ask(
      'load earlier',
      this.ports.storage.records.readEarlier(id, firstLoadedIndex, depth),
    ).catch(() => null)
    const now = this.session
    if (!range || now?.id !== id || now.firstLoadedIndex !== firstLoadedIndex) return
    const texts = range.messages.map(({ text }) => text)
    const { version } = now
    if (!range.lost && version.texts.length === version.count) {
      const expected = version.texts.slice(range.firstLoadedIndex, firstLoadedIndex)
      if (String(texts) !== String(expected)) {
        this.ports.world.violate(new Violation(`Earlier messages of ${id} are ${texts}, not ${expected}.`))
      }
    } else if (!this.ports.oracle.of(id).excuses.has('emptied')) {
      this.ports.world.violate(new Violation(`Earlier messages of ${id} were lost.`))
    }
    this.session = {
      ...now,
      messages: [...range.messages, ...now.messages],
      firstLoadedIndex: range.firstLoadedIndex,
    }
  }

  /** Saves a renewed token. No one waits for it to be stored. */
  renewToken(): void {
    if (this.session) void this.#saveToken(this.session.id)
  }

  async #saveToken(id: string): Promise<void> {
    const { world, storage, possibleTokens, page, oracle } = this.ports
    const change = ++this.#tokenChanges
    this.#unstoredToken = id
    possibleTokens.add(id)
    await storage.tokens.save(id, {
      token: `token-of-${id}`,
      expiresAt: world.now() + 3_600_000,
      sessionId: id,
    })
    if (change !== this.#tokenChanges) return
    // Without its key, the token stays in memory, and an older one stays in sessionStorage. Another page may be deleting the key.
    if (page.faults.size > 0 || oracle.of(id).excuses.size > 0 || this.status !== 'persistent') return
    this.#unstoredToken = null
    possibleTokens.clear()
    possibleTokens.add(id)
  }

  #clearTokens(): void {
    this.#tokenChanges++
    this.#unstoredToken = null
    this.ports.storage.tokens.clear()
    this.ports.possibleTokens.clear()
    this.ports.possibleTokens.add(null)
  }

  /** @throws Violation if no event explains why the session can't be opened */
  #checkRefusal(id: string, code: string | null, since: number): void {
    if (!this.isJustified(id, code, since)) throw new Violation(`${id} can't be opened: ${code}.`)
  }

  isJustified(id: string, code: string | null, since = 0): boolean {
    const { page, oracle } = this.ports
    const { excuses } = oracle.of(id)
    if (page.faults.size > 0) return true
    if (code === 'session-missing' || code === 'session-unreadable') return excuses.size > 0
    if (code !== 'session-open-elsewhere') return false
    return this.ports.wasUsedElsewhere(id, since)
  }
}

export const lockOf = (sessionId: string) => `redux-voice-agent:redux-voice-agent:session:${sessionId}`

export const codeOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error)
