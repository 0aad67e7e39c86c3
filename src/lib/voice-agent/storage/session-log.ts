import { type SessionSnapshot, VoiceAgentError } from '../../../../store/index.js'
import type { SealedBatch } from './batch.js'
import { UnreadableRecordError } from './cipher.js'
import type { Journal } from './journal.js'
import type { HeldKey, KeyVault } from './key-vault.js'
import { keyRecordKey, sessionOwner } from './record.js'
import type { RecordStore } from './record-store.js'
import { findHead, type ReadSession } from './session-reader.js'
import { Staging } from './staging.js'
import { asWriteError } from './storage-status.js'
import { StoredState, type Write } from './stored-state.js'
import { Waiters } from './waiters.js'

export interface LogPorts {
  store: RecordStore
  keys: KeyVault
  journal: Journal
  /** Told after every write; null when it succeeded. */
  onWrite: (error: VoiceAgentError | null) => void
}

/** The one ordered writer of a session: what is sealed when a write is asked for is committed in the same task. */
export class SessionLog {
  readonly #id: string
  readonly #ports: LogPorts
  readonly #stored = new StoredState()
  readonly #staging: Staging
  readonly #waiters = new Waiters()
  #held: HeldKey | null = null
  #quarantine: VoiceAgentError | null = null
  #isRetired = false
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
    const { store, keys } = this.#ports
    const owner = sessionOwner(this.#id)
    const head = await findHead(store, this.#id)
    const held = head ? await keys.find(owner) : await keys.create(owner)
    if (!held) throw new UnreadableRecordError('key')
    if (head) this.#stored.adopt({ segments: [], segmentCount: head.segmentCount, revision: head.revision })
    this.#held = held
    return held.key
  }

  /** Takes over what was just read from disk. */
  adopt({ snapshot, segments, segmentCount }: ReadSession, held: HeldKey): void {
    this.#stored.adopt({ segments, segmentCount, revision: snapshot.revision })
    this.#held = held
    this.#quarantine = null
  }

  learn(segments: ReadSession['segments']): void {
    this.#stored.learn(segments)
  }

  /** Nothing is written from here on, because what is stored could not be read. */
  quarantine(error: VoiceAgentError): void {
    this.#quarantine = error
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
    const written = this.#ports.store.write(this.#withKey(write.batch.changes)).then(
      () => this.#succeed(write),
      (error: unknown) => this.#fail(write, error, this.#ports.store.losses() !== losses),
    )
    // Second: should the browser stop this task, the transaction is already on its way.
    if (this.#isLeaving) this.#journal(write)
    this.#settled = Promise.allSettled([this.#settled, written])
  }

  #succeed(write: Write): void {
    this.#stored.succeed(write)
    this.#mayRetry = true
    this.#ports.onWrite(null)
    if (!this.#stored.write) {
      this.#isLeaving = this.#isKeyUncertain = false
      if (this.#isJournalled) this.#ports.journal.clear(this.#id)
      this.#isJournalled = false
    }
    this.#commit()
  }

  #fail(write: Write, thrown: unknown, wasLost: boolean): void {
    if (!this.#stored.fail(write)) return
    const retries = wasLost && this.#mayRetry
    this.#mayRetry = !retries
    if (!retries) {
      const error = asWriteError(thrown)
      this.#waiters.rejectUpTo(write.batch.revision, error)
      this.#ports.onWrite(error)
    }
    this.#commit()
    // Ready again, with all that is not on disk, for the next save or for when the page goes.
    this.#staging.seal()
  }

  /** That nothing is kept of it must show, but for a deleted session's. */
  #refuseWrite(error: VoiceAgentError): Promise<never> {
    if (!this.#isRetired) this.#ports.onWrite(error)
    return Promise.reject(error)
  }

  /** Nothing could be sealed: the key, or what is stored, could not be had. */
  #refuse(thrown: unknown): void {
    if (thrown instanceof UnreadableRecordError) {
      this.quarantine(thrown)
      return
    }
    const error = asWriteError(thrown)
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
    return new Map([[keyRecordKey(sessionOwner(this.#id)), this.#held.record], ...changes])
  }
}
