import { type SessionSnapshot, VoiceAgentError } from '../../../../store/index.js'
import type { Anchors } from './anchors.js'
import type { SealedBatch } from './batch.js'
import { UnreadableRecordError } from './cipher.js'
import type { Claims } from './claims.js'
import type { Journal } from './journal.js'
import type { HeldKey, KeyVault } from './key-vault.js'
import type { Layout } from './layout.js'
import { keyRecordKey, sessionOwner } from './record.js'
import type { RecordStore } from './record-store.js'
import { findHead, openHead, type ReadSegments, type ReadSession } from './session-reader.js'
import { Staging } from './staging.js'
import { asWriteError } from './storage-status.js'
import { StoredState, type Write } from './stored-state.js'
import { Waiters } from './waiters.js'

/** What a log asks of the sessions around it. */
export interface LogPorts {
  store: RecordStore
  keys: KeyVault
  journal: Journal
  anchors: Anchors
  /** Who may write a session. */
  claims: Claims
  /** Told after every write; null when it succeeded. */
  onWrite: (error: VoiceAgentError | null) => void
  /** Told when a write found that another tab had deleted the session. */
  onDeleted: (sessionId: string) => void
  /** Deletes what can be done without; whether there was anything. */
  makeRoom: () => Promise<boolean>
}

/** The one ordered writer of a session: what is sealed when a write is asked for is committed in the same task. */
export class SessionLog {
  readonly #id: string
  readonly #owner: string
  readonly #ports: LogPorts
  readonly #stored = new StoredState()
  readonly #staging: Staging
  readonly #waiters = new Waiters()
  #held: HeldKey | null = null
  #quarantine: VoiceAgentError | null = null
  #isRetired = false
  /** It is being read again: until that is known nothing is written. */
  #isSuspended = false
  #isMakingRoom = false
  #isLeaving = false
  #isJournalled = false
  #losses: number
  /** The database may have been emptied with the connection's loss, the key with it. */
  #isKeyUncertain = false
  /** One more try after a lost connection; a second loss in a row is a failure. */
  #mayRetry = true
  #settled: Promise<unknown> = Promise.resolve()

  constructor(id: string, ports: LogPorts) {
    this.#id = id
    this.#owner = sessionOwner(id)
    this.#ports = ports
    this.#losses = ports.store.losses()
    this.#staging = new Staging({
      stored: this.#stored,
      prepare: () => this.prepare(),
      onSealed: () => this.#commit(),
      onFailed: (error) => this.#refuse(error),
    })
  }

  /** The key, made if there is neither one nor a session; and, once, what is stored before anything goes over it. */
  async prepare(): Promise<CryptoKey> {
    if (this.#held) return this.#held.key
    const { store, keys, claims } = this.#ports
    const owner = this.#owner
    if (!(await claims.claim(this.#id))) throw new VoiceAgentError('session-open-elsewhere')
    const head = await findHead(store, this.#id)
    const held = head ? await keys.find(owner) : await keys.create(owner)
    if (!held) throw new UnreadableRecordError('key')
    if (head) {
      const { lengths } = await openHead(held.key, head)
      const layout = { lengths: new Map(lengths), lost: new Set<number>() }
      this.#stored.adopt({ ...head, segments: [], layout })
    }
    this.#held = held
    return held.key
  }

  /** Takes over what was just read from disk. What was staged of anything older is void. */
  adopt(session: ReadSession, held: HeldKey): void {
    const { revision } = session.snapshot
    if (revision > this.#stored.issuedRevision) this.#staging.drop()
    this.#stored.adopt({ ...session, revision })
    this.#held = held
    this.#quarantine = null
    this.resume()
  }

  /** Highest revision that this page has written, or is writing. */
  get revision(): number {
    return this.#stored.issuedRevision
  }

  suspend(): void {
    this.#isSuspended = true
  }

  resume(): void {
    this.#isSuspended = false
    this.#commit()
  }

  get isQuarantined(): boolean {
    return this.#quarantine !== null
  }

  get layout(): Layout {
    return this.#stored.layout
  }

  learn(read: ReadSegments): void {
    this.#stored.learn(read)
  }

  /** Nothing is written from here on, because what is stored could not be read. */
  quarantine(error: VoiceAgentError): void {
    this.#quarantine = error
    this.#isSuspended = false
    this.#staging.drop()
    this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)
  }

  stage(snapshot: SessionSnapshot): void {
    if (this.#quarantine === null) this.#staging.stage(snapshot)
  }

  /** Resolves when this revision, or a later one, is on disk. */
  write(snapshot: SessionSnapshot): Promise<void> {
    if (this.#quarantine !== null) return this.#refuseWrite(this.#quarantine)
    if (snapshot.revision <= this.#stored.revision) return Promise.resolve()
    this.#staging.stage(snapshot)
    const written = this.#waiters.until(snapshot.revision)
    this.#commit()
    return written
  }

  /** The page is going: issues and journals what is sealed, and lets what is not follow on its own. */
  keep(): void {
    if (this.#isSuspended) return
    this.#noticeLoss()
    const { ready, revision } = this.#staging
    const isDirty = revision > this.#stored.issuedRevision
    this.#isLeaving = isDirty
    if (isDirty && ready && ready.revision > this.#stored.issuedRevision) this.#issue(ready)
    else if (this.#stored.write) this.#journal(this.#stored.write)
    if (!isDirty) return
    this.#waiters.want(revision)
    this.#staging.seal()
  }

  get isRetired(): boolean {
    return this.#isRetired
  }

  /** Ends it, for the session is being deleted. Resolves when nothing is under way any more. */
  async retire(): Promise<void> {
    this.#isRetired = true
    this.#waiters.resolveUpTo(Number.POSITIVE_INFINITY)
    this.quarantine(new VoiceAgentError('session-missing'))
    await this.#settled
  }

  /** Resolves when everything staged is on disk, or could not be written. */
  async flush(): Promise<void> {
    if (this.#staging.revision > this.#stored.issuedRevision) {
      const written = this.#waiters.until(this.#staging.revision)
      this.#commit()
      await written.catch(() => {})
    }
    await this.#settled
  }

  /** Commits what is sealed if it is what is waited for, else has it sealed. One write at a time, but while leaving. */
  #commit(): void {
    if (this.#isSuspended || this.#isMakingRoom) return
    this.#noticeLoss()
    this.#waiters.resolveUpTo(this.#stored.revision)
    if (this.#waiters.wanted <= this.#stored.issuedRevision) return
    if (this.#stored.write && !this.#isLeaving) return
    const { ready } = this.#staging
    if (ready && ready.revision >= this.#waiters.wanted) this.#issue(ready)
    else this.#staging.seal()
  }

  #issue(batch: SealedBatch): void {
    const write = this.#stored.issue(batch)
    const losses = this.#losses
    const changes = this.#withKey(write.batch.changes)
    const written = this.#ports.store.write(changes, 'relaxed', keyRecordKey(this.#owner)).then(
      (hasKey) => {
        this.#succeed(write)
        if (!hasKey) return this.#noticeDeletion()
      },
      (error: unknown) => this.#fail(write, error, this.#ports.store.losses() !== losses),
    )
    // Second: should the browser stop this task, the transaction is already on its way.
    if (this.#isLeaving) this.#journal(write)
    this.#settled = Promise.allSettled([this.#settled, written])
  }

  #succeed(write: Write): void {
    this.#stored.succeed(write)
    this.#mayRetry = true
    this.#ports.anchors.set(this.#id, this.#stored.revision)
    this.#ports.onWrite(null)
    if (!this.#stored.write) {
      this.#isLeaving = this.#isKeyUncertain = false
      if (this.#isJournalled) this.#ports.journal.clear(this.#id)
      this.#isJournalled = false
    }
    this.#commit()
  }

  #fail(write: Write, thrown: unknown, wasLost: boolean): void | Promise<void> {
    if (!this.#stored.fail(write)) return
    const error = asWriteError(thrown)
    const retries = wasLost && this.#mayRetry
    this.#mayRetry = !retries
    if (error.code === 'storage-quota' && !this.#isLeaving) return this.#makeRoomFor(write, error)
    if (!retries) this.#reject(write, error)
    this.#goOn()
  }

  /** The disk is full: other tabs' conversations, those that are closed, the oldest first, go before this one does. */
  async #makeRoomFor(write: Write, error: VoiceAgentError): Promise<void> {
    this.#isMakingRoom = true
    const hasRoom = await this.#ports.makeRoom().catch(() => false)
    this.#isMakingRoom = false
    if (!hasRoom) this.#reject(write, error)
    this.#goOn()
  }

  #reject(write: Write, error: VoiceAgentError): void {
    this.#waiters.rejectUpTo(write.batch.revision, error)
    this.#ports.onWrite(error)
  }

  #goOn(): void {
    this.#commit()
    // Ready again, with all that is not on disk, for the next save or for when the page goes.
    this.#staging.seal()
  }

  /** Another tab deleted the session while this one wrote it: without its key it is nothing, and must not come back. */
  async #noticeDeletion(): Promise<void> {
    const { store } = this.#ports
    if (this.#quarantine || store.losses() !== this.#losses) return
    this.#ports.onDeleted(this.#id)
    await store.removePrefix(`${this.#owner}/`).catch(() => undefined)
  }

  /** That nothing is kept of it must show, but for a deleted session's. */
  #refuseWrite(error: VoiceAgentError): Promise<never> {
    if (!this.#isRetired) this.#ports.onWrite(error)
    return Promise.reject(error)
  }

  /** Nothing could be sealed: the key, or what is stored, could not be had. */
  #refuse(thrown: unknown): void {
    const error = asWriteError(thrown)
    if (isFinal(error)) {
      this.quarantine(error)
      return
    }
    this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)
    this.#ports.onWrite(error)
  }

  /** Bounded by the journal itself; a save that is too large for it has the transaction alone. */
  #journal({ batch }: Write): void {
    this.#isJournalled = this.#ports.journal.keep(this.#id, batch) || this.#isJournalled
  }

  #noticeLoss(): void {
    const losses = this.#ports.store.losses()
    if (losses === this.#losses) return
    this.#losses = losses
    this.#isKeyUncertain = true
    this.#stored.forget()
  }

  #withKey(changes: SealedBatch['changes']): SealedBatch['changes'] {
    if (!this.#isKeyUncertain || !this.#held) return changes
    return new Map([[keyRecordKey(this.#owner), this.#held.record], ...changes])
  }
}

/** Writing would go over what can't be read, or over another tab's. */
function isFinal(error: VoiceAgentError): boolean {
  return error instanceof UnreadableRecordError || error.code === 'session-open-elsewhere'
}
