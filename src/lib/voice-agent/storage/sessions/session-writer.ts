import type { VoiceAgentError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { type KeyRecord, keyRecordKey, sessionOwner } from '../records/record.js'
import { asWriteError } from '../records/storage-errors.js'
import type { SavedRevisions } from '../tabs/saved-revisions.js'
import type { EncryptedBatch } from './encrypted-batch.js'
import type { Journal } from './journal.js'
import type { RevisionWaiters } from './revision-waiters.js'
import type { Staging } from './staging.js'
import type { StoredState, Write } from './stored-state.js'

/** What writing asks of the sessions around it. */
export interface WriterPorts {
  store: RecordStore
  journal: Journal
  savedRevisions: SavedRevisions
  /** Told after every write; null when it succeeded. */
  onWrite: (error: VoiceAgentError | null) => void
  /** Deletes what can be done without; whether there was anything. */
  makeRoom: () => Promise<boolean>
}

/** What it shares with the log that it writes for. */
interface WriterParts {
  stored: StoredState
  staging: Staging
  waiters: RevisionWaiters
  /** As it is stored, to be stored again should the database be emptied under the page. */
  keyRecord: () => KeyRecord | undefined
}

/** Brings what is sealed to the disk, one write at a time and in order, and goes on after a failure. */
export class SessionWriter {
  readonly #id: string
  readonly #keyRecordKey: string
  readonly #ports: WriterPorts
  readonly #parts: WriterParts
  /** The session is being read again: until that is known nothing is written. */
  #isSuspended = false
  #isMakingRoom = false
  #isPageHiding = false
  #isJournalled = false
  /** The page goes: what is still to be written may be the last that the next page can be told of. */
  #shouldRecordRevision = false
  #losses: number
  /** The database may have been emptied with the connection's loss, the key with it. */
  #isKeyUncertain = false
  /** One more try after a lost connection; a second loss in a row is a failure. */
  #canRetry = true
  #settled: Promise<unknown> = Promise.resolve()

  constructor(id: string, ports: WriterPorts, parts: WriterParts) {
    this.#id = id
    this.#keyRecordKey = keyRecordKey(sessionOwner(id))
    this.#ports = ports
    this.#parts = parts
    this.#losses = ports.store.losses()
  }

  /** Resolves when no write is under way any more. */
  get settled(): Promise<unknown> {
    return this.#settled
  }

  suspend(): void {
    this.#isSuspended = true
  }

  resume(): void {
    this.#isSuspended = false
  }

  /** The page is going: issues and journals what is sealed, and lets what is not follow on its own. */
  flushSync(): void {
    if (this.#isSuspended) return
    const { staging, stored, waiters } = this.#parts
    this.#noticeLoss()
    this.recordRevision()
    this.#shouldRecordRevision = true
    const { ready, revision } = staging
    const isDirty = revision > stored.issuedRevision
    this.#isPageHiding = isDirty
    if (isDirty && ready && ready.revision > stored.issuedRevision) this.#issue(ready)
    else if (stored.write) this.#journal(stored.write)
    if (!isDirty) return
    waiters.request(revision)
    staging.encryptLatest()
  }

  /** Not with every save: nobody but the next page asks for it. */
  recordRevision(): void {
    const { revision } = this.#parts.stored
    if (revision >= 0) this.#ports.savedRevisions.set(this.#id, revision)
  }

  /** Commits what is sealed if it is what is waited for, else has it sealed. One write at a time, but while leaving. */
  commit(): void {
    if (this.#isSuspended || this.#isMakingRoom) return
    const { staging, stored, waiters } = this.#parts
    this.#noticeLoss()
    waiters.resolveUpTo(stored.revision)
    if (waiters.requested <= stored.issuedRevision) return
    if (stored.write && !this.#isPageHiding) return
    const { ready } = staging
    if (ready && ready.revision >= waiters.requested) this.#issue(ready)
    else staging.encryptLatest()
  }

  #issue(batch: EncryptedBatch): void {
    const { store } = this.#ports
    const write = this.#parts.stored.issue(batch)
    const losses = this.#losses
    const changes = this.#withKey(write.batch.changes)
    const written = store.write(changes).then(
      () => this.#succeed(write),
      (error: unknown) => this.#fail(write, error, store.losses() !== losses),
    )
    // Second: should the browser stop this task, the transaction is already on its way.
    if (this.#isPageHiding) this.#journal(write)
    this.#settled = Promise.allSettled([this.#settled, written])
  }

  #succeed(write: Write): void {
    const { stored } = this.#parts
    stored.succeed(write)
    this.#canRetry = true
    if (this.#shouldRecordRevision) this.recordRevision()
    this.#ports.onWrite(null)
    if (!stored.write) {
      this.#isPageHiding = this.#shouldRecordRevision = this.#isKeyUncertain = false
      if (this.#isJournalled) this.#ports.journal.clear(this.#id)
      this.#isJournalled = false
    }
    this.commit()
  }

  #fail(write: Write, thrown: unknown, wasLost: boolean): void | Promise<void> {
    if (!this.#parts.stored.fail(write)) return
    const error = asWriteError(thrown)
    const retries = wasLost && this.#canRetry
    this.#canRetry = !retries
    if (error.code === 'storage-quota' && !this.#isPageHiding) return this.#makeRoomFor(write, error)
    if (!retries) this.#reject(write, error)
    this.#commitNext()
  }

  /** The disk is full: other tabs' conversations, those that are closed, the oldest first, go before this one does. */
  async #makeRoomFor(write: Write, error: VoiceAgentError): Promise<void> {
    this.#isMakingRoom = true
    const hasRoom = await this.#ports.makeRoom().catch(() => false)
    this.#isMakingRoom = false
    if (!hasRoom) this.#reject(write, error)
    this.#commitNext()
  }

  #reject(write: Write, error: VoiceAgentError): void {
    this.#parts.waiters.rejectUpTo(write.batch.revision, error)
    this.#ports.onWrite(error)
  }

  #commitNext(): void {
    this.commit()
    // Ready again, with all that is not on disk, for the next save or for when the page goes.
    this.#parts.staging.encryptLatest()
  }

  /** Bounded by the journal itself; a save that is too large for it has the transaction alone. */
  #journal({ batch }: Write): void {
    this.#isJournalled = this.#ports.journal.write(this.#id, batch) || this.#isJournalled
  }

  #noticeLoss(): void {
    const losses = this.#ports.store.losses()
    if (losses === this.#losses) return
    this.#losses = losses
    this.#isKeyUncertain = true
    this.#parts.stored.invalidate()
  }

  #withKey(changes: EncryptedBatch['changes']): EncryptedBatch['changes'] {
    const record = this.#isKeyUncertain ? this.#parts.keyRecord() : undefined
    return record ? new Map([[this.#keyRecordKey, record], ...changes]) : changes
  }
}
