import type { VoiceAgentError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import { type KeyRecord, keyRecordKey, sessionOwner } from '../records/record.js'
import { neededBytes } from '../records/record-size.js'
import { asWriteError } from '../records/storage-errors.js'
import type { SavedRevisions } from '../tabs/saved-revisions.js'
import type { EncryptedBatch } from './encrypted-batch.js'
import type { Journal } from './journal.js'
import type { RevisionWaiters } from './revision-waiters.js'
import type { Staging } from './staging.js'
import type { StoredState, Write } from './stored-state.js'

/** Dependencies of a writer. */
export interface WriterPorts {
  store: RecordStore
  journal: Journal
  savedRevisions: SavedRevisions
  /** Called after every write, with null if it succeeded. */
  onWrite: (error: VoiceAgentError | null) => void
  /** Frees disk space by deleting closed sessions. Resolves with true if a retry is worth it. */
  makeRoom: (neededBytes: number) => Promise<boolean>
}

/** State that the writer shares with its log. */
interface WriterParts {
  stored: StoredState
  staging: Staging
  waiters: RevisionWaiters
  /** The stored key, for writing it again if the browser empties the database while the page is open. */
  keyRecord: () => KeyRecord | undefined
}

/** Writes encrypted batches to disk in order, one at a time, and continues after a failure. */
export class SessionWriter {
  readonly #id: string
  readonly #keyRecordKey: string
  readonly #ports: WriterPorts
  readonly #parts: WriterParts
  /** True while the session is read again: nothing is written. */
  #isSuspended = false
  #isMakingRoom = false
  /** True from `flushSync` until its changes are on disk: several writes may then be pending. */
  #isPageHiding = false
  /** At first, the journal may hold a save of the page before that could not be replayed. The first save supersedes it. */
  #isJournalled = true
  /** True after `flushSync`, because the page may close before the next one. */
  #shouldRecordRevision = false
  #losses: number
  /** True after a lost connection, because the browser may have deleted the database with the key. */
  #isKeyUncertain = false
  /** Allows one retry after a lost connection. A second loss in a row is a failure. */
  #canRetry = true
  #settled: Promise<unknown> = Promise.resolve()

  constructor(id: string, ports: WriterPorts, parts: WriterParts) {
    this.#id = id
    this.#keyRecordKey = keyRecordKey(sessionOwner(id))
    this.#ports = ports
    this.#parts = parts
    this.#losses = ports.store.losses()
  }

  /** Resolves when no write is pending. */
  get settled(): Promise<unknown> {
    return this.#settled
  }

  suspend(): void {
    this.#isSuspended = true
  }

  resume(): void {
    this.#isSuspended = false
  }

  /** Issues and journals the encrypted changes, because the page is closing. Others follow once they are encrypted. */
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

  /** Stores the saved revision for the next page. Not called for every save, because only the next page reads it. */
  recordRevision(): void {
    const { revision } = this.#parts.stored
    if (revision >= 0) this.#ports.savedRevisions.set(this.#id, revision)
  }

  /**
   * Issues the encrypted batch if it has the requested revision, else encrypts it. Only one write is pending at a time,
   * except while the page is closing.
   */
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
      () => this.#succeed(write, losses),
      (error: unknown) => this.#fail(write, error, store.losses() !== losses),
    )
    // Journals after issuing the write, so that the transaction has started if the browser stops this task.
    if (this.#isPageHiding) this.#journal(write)
    this.#settled = Promise.allSettled([this.#settled, written])
  }

  #succeed(write: Write, losses: number): void {
    const { stored } = this.#parts
    stored.succeed(write)
    this.#canRetry = true
    if (this.#shouldRecordRevision) this.recordRevision()
    this.#ports.onWrite(null)
    if (!stored.write) {
      this.#isPageHiding = this.#shouldRecordRevision = false
      // A write from before the loss did not bring the key back.
      if (losses === this.#losses) this.#isKeyUncertain = false
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

  /** Makes room when the disk is full, and retries the write. */
  async #makeRoomFor(write: Write, error: VoiceAgentError): Promise<void> {
    this.#isMakingRoom = true
    const hasRoom = await this.#ports.makeRoom(neededBytes(write.batch.changes)).catch(() => false)
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
    // Encrypts all changes that are not on disk, so that they are ready if the page closes.
    this.#parts.staging.encryptLatest()
  }

  /** Journals a write. A save that is too large for the journal relies on its transaction alone. */
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
