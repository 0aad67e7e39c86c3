import { type KeyProtection, type SessionSnapshot, VoiceAgentError } from '../../../../../store/index.js'
import type { RecordStore } from '../database/record-store.js'
import type { KeyVault } from '../keys/key-vault.js'
import type { HeldKey } from '../keys/key-wrapping.js'
import { UnreadableRecordError } from '../records/cipher.js'
import { sessionOwner } from '../records/record.js'
import { asWriteError } from '../records/storage-errors.js'
import type { Ownership } from '../tabs/ownership.js'
import type { SavedRevisions } from '../tabs/session-storage.js'
import { DiskImage, type StoredImage, type Write } from './disk-image.js'
import type { EncryptedBatch } from './encrypted-batch.js'
import type { Fences } from './fences.js'
import { type Journal, SessionJournal } from './journal.js'
import { LostConnections } from './lost-connections.js'
import { findHead } from './session-reader.js'
import { StagedSnapshot } from './staged-snapshot.js'
import { dueStep, type Phase, type PhaseEvent, phaseAfter, RevisionWaiters, type Step } from './writing.js'

/** Dependencies of a log. */
export interface LogPorts {
  store: RecordStore
  keys: KeyVault
  journal: Journal
  savedRevisions: SavedRevisions
  /** Grants the right to write a session. */
  ownership: Ownership
  fences: Fences
  /** Called after every write, with null if it succeeded. */
  onWrite: (error: VoiceAgentError | null) => void
  /** Frees `neededBytes`, if possible and allowed. Resolves to true if the write is worth retrying. */
  makeRoom: (neededBytes: number) => Promise<boolean>
}

/**
 * Saves one session from its first snapshot, or its first read, until it is released. `writing.ts` decides what is due.
 *
 * A snapshot that is encrypted when its write is requested is committed in the same task. Data that this page has not read is
 * never overwritten: a stored session is opened by reading it, with {@link hydrate}.
 */
export class SessionLog {
  readonly #id: string
  readonly #owner: string
  readonly #ports: LogPorts
  readonly #image = new DiskImage()
  readonly #staged = new StagedSnapshot(this.#image)
  readonly #waiters = new RevisionWaiters()
  readonly #journal: SessionJournal
  #phase: Phase = 'new'
  /** Why the log is closed. */
  #reason: VoiceAgentError | null = null
  /** Why the plain key could not be replaced. Each save tries again while this is the reason. */
  #lockedBy: VoiceAgentError | null = null
  /** Settles when no save is trying to replace the plain key. */
  #unlocking: Promise<unknown> = Promise.resolve()
  #isDeleted = false
  #opening: Promise<void> | null = null
  #held: HeldKey | null = null
  #settled: Promise<unknown> = Promise.resolve()
  /** True from `flushSync` until its changes are on disk. */
  #isLeaving = false
  /** True after `flushSync`, because the page may close before the next one. */
  #shouldRecordRevision = false
  readonly #losses: LostConnections
  /** Allows one retry after a lost connection. A second loss in a row is a failure. */
  #canRetry = true

  constructor(id: string, ports: LogPorts) {
    this.#id = id
    this.#owner = sessionOwner(id)
    this.#ports = ports
    this.#losses = new LostConnections(this.#owner, ports.store)
    this.#journal = new SessionJournal(id, ports.journal, this.#image)
  }

  /** True if any revision is known to be on disk. */
  get isStored(): boolean {
    return this.#image.revision >= 0
  }

  get isClosed(): boolean {
    return this.#phase === 'closed'
  }

  get isDeleted(): boolean {
    return this.#isDeleted
  }

  /** Time of the key's record, which distinguishes it from the key of a later session with this id. Null without a key. */
  get keyTime(): number | null {
    return this.#held?.record.updatedAt ?? null
  }

  get keyProtection(): KeyProtection | null {
    return this.#held?.protection ?? null
  }

  /** Resolves when no write is pending. */
  get settled(): Promise<unknown> {
    return this.#settled
  }

  /** The session as stored on disk, for reading more of it. */
  get image(): Pick<DiskImage, 'layout' | 'versions' | 'addEarlier'> {
    return this.#image
  }

  /** True if this page wrote, read or journalled the head of this version, so its session includes all of it. */
  isOwn(version: string): boolean {
    return this.#image.isWritten(version) || this.#image.isReplayed(version)
  }

  /**
   * Acquires a session that is not stored yet, and creates its key. Resolves with the key's protection.
   *
   * @throws VoiceAgentError `session-exists` if it is stored, `session-open-elsewhere`, or an error of the storage
   */
  async open(): Promise<KeyProtection | null> {
    if (this.#reason) throw this.#reason
    if (this.#phase === 'new') this.#opening = this.#open()
    await this.#opening
    if (this.isStored) throw new VoiceAgentError('session-exists')
    return this.keyProtection
  }

  /** Replaces this page's session with one that was just read from disk. Journal unsaved changes before: {@link journalUnsaved}. */
  hydrate(session: StoredImage, held: HeldKey): void {
    if (this.#image.isWritten(session.version)) this.#waiters.resolveUpTo(session.revision)
    this.#staged.drop()
    this.#journal.leave()
    this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, new VoiceAgentError('superseded'))
    this.#image.hydrate(session)
    this.#reopen(held)
  }

  /** Continues with this page's session, because it was read again and no other page has changed it. */
  reopen(version: string, held: HeldKey): void {
    if (this.#image.isReplayed(version)) {
      this.#image.succeedJournalled(version)
      this.#waiters.resolveUpTo(this.#image.revision)
    }
    this.#reopen(held)
  }

  #reopen(held: HeldKey): void {
    this.#held = held
    this.#losses.noteKey()
    void this.#journal.prepare(held.key)
    this.#reason = null
    // True if an earlier deletion failed.
    this.#isDeleted = false
    this.#enter('hydrated')
  }

  /** Stops writing while the session is read again. Resolves when no write is pending. */
  async suspend(): Promise<void> {
    this.#enter('suspend')
    await this.#settled
  }

  /** Continues, because the session could not be read again. */
  resume(): void {
    this.#enter('resume')
  }

  /** Stops writing until the session is read again. Rejects pending writes. */
  close(error: VoiceAgentError): void {
    this.#reason = error
    if (error.code === 'session-missing') this.#journal.cancel()
    this.#staged.drop()
    this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)
    this.#enter('close')
  }

  /** Stops writing because the plain key could not be replaced. If the disk failed, each save tries again. */
  lock(error: VoiceAgentError): void {
    this.close(error)
    if (error.code === 'storage-quota' || error.code === 'storage-write-failed') this.#lockedBy = error
  }

  /** Stops writing because another page owns the session now, or it can't be read. Journals unsaved changes, unless they were deleted. */
  giveUp(error: VoiceAgentError): void {
    const unsaved = this.isClosed ? null : this.#staged.latest
    if (!this.isClosed) this.journalUnsaved()
    this.close(error)
    if (unsaved) this.#journal.writeWhenReady(unsaved)
  }

  stage(snapshot: SessionSnapshot): void {
    if (this.isClosed || snapshot.revision <= this.#staged.revision) return
    this.#staged.set(snapshot)
    this.#ports.fences.watch()
    this.#advance()
  }

  /** Resolves when this revision, or a later one, is on disk. */
  write(snapshot: SessionSnapshot): Promise<void> {
    if (this.#reason) {
      if (this.#reason !== this.#lockedBy) return this.#rejectWrite(this.#reason)
      const unlocked = this.#unlock(snapshot)
      this.#unlocking = Promise.allSettled([this.#unlocking, unlocked])
      return unlocked
    }
    if (snapshot.revision <= this.#image.revision) return Promise.resolve()
    this.#request(snapshot.revision)
    const written = this.#waiters.waitFor(snapshot.revision)
    this.stage(snapshot)
    this.#advance()
    return written
  }

  /** Issues and journals the encrypted changes, because the page is closing. Others follow once they are encrypted. */
  flushSync(): void {
    if (this.isClosed) return
    if (this.#phase === 'suspended') {
      this.journalUnsaved()
      return
    }
    this.#noticeLoss()
    const { write, issuedRevision } = this.#image
    this.#recordRevision()
    this.#shouldRecordRevision = true
    const { latest, revision, ready } = this.#staged
    this.#isLeaving = revision > issuedRevision
    if (this.#isLeaving) {
      this.#request(revision)
      // Issues the encrypted batch now, even if a newer snapshot is not encrypted yet.
      if (this.#phase === 'open' && ready && ready.revision > issuedRevision) this.#write(ready)
    }
    if (this.#image.write === write && write) this.#journal.write(write)
    if (latest) this.#journal.writeSync(latest)
    this.#advance()
  }

  /**
   * Journals changes of a page that must not write. The page that replays the journal compares them with the stored head, and loses none.
   * Returns their revision, or -1 if there are none.
   */
  journalUnsaved(): number {
    const newest = Math.max(this.#staged.revision, this.#image.issuedRevision)
    if (newest <= this.#image.revision) return -1
    this.#journal.writeUnsaved(this.#staged.ready, this.#staged.latest)
    return newest
  }

  /** Stops writing because the session is being deleted. Resolves when no write is pending. */
  async markDeleted(): Promise<void> {
    this.#isDeleted = true
    this.#waiters.resolveUpTo(Number.POSITIVE_INFINITY)
    this.close(new VoiceAgentError('session-missing'))
    await this.#settled
  }

  /** Resolves when everything staged is on disk or has failed. */
  async flush(): Promise<void> {
    await this.#unlocking
    const staged = this.#staged.revision
    // Also waits for a pending write, because it is tried again after a lost connection.
    if (!this.isClosed && staged > this.#image.revision) {
      this.#request(staged)
      const written = this.#waiters.waitFor(staged)
      this.#advance()
      await written.catch(() => {})
    }
    await this.#settled
    if (!this.isClosed) this.#recordRevision()
  }

  #enter(event: PhaseEvent): void {
    this.#phase = phaseAfter(this.#phase, event)
    this.#advance()
  }

  /** Runs the steps that are due. Each changes the state, so that it is no longer due. */
  #advance(): void {
    this.#noticeLoss()
    for (let step = this.#due(); step !== null; step = this.#due()) {
      const { ready } = this.#staged
      if (step === 'open') {
        this.#opening = this.#open()
        this.#opening.catch(() => {})
      } else if (step === 'encrypt') {
        void this.#encrypt()
      } else if (ready) {
        this.#write(ready)
      }
    }
  }

  #due(): Step | null {
    return dueStep({
      ...this.#staged.facts,
      phase: this.#phase,
      requested: this.#waiters.requested,
      issued: this.#image.issuedRevision,
      isWriting: this.#image.write !== null,
      isLeaving: this.#isLeaving,
    })
  }

  async #open(): Promise<void> {
    this.#phase = phaseAfter(this.#phase, 'open')
    const { store, keys, ownership } = this.#ports
    const absences = ownership.absences()
    try {
      if (!(await ownership.acquire(this.#id))) throw new VoiceAgentError('session-open-elsewhere')
      // A stored session is opened by reading it, because a write must know what it replaces.
      if (await findHead(store, this.#id)) throw new VoiceAgentError('session-exists')
      this.#losses.noteKey()
      const held = await keys.create(this.#owner)
      // The session was read or deleted meanwhile.
      if (this.#phase !== 'opening') return
      // While this page was in the back/forward cache, another one may have stored the session.
      if (ownership.absences() !== absences) return await this.#open()
      this.#held = held
      void this.#journal.prepare(held.key)
      this.#enter('opened')
    } catch (thrown) {
      if (this.#phase === 'opening') {
        this.#phase = phaseAfter(this.#phase, 'openFailed')
        this.#onPreparationFailed(thrown)
      }
      throw thrown
    }
  }

  async #encrypt(): Promise<void> {
    if (!this.#held) return
    await this.#staged.encrypt(this.#held.key).catch((thrown: unknown) => this.#onPreparationFailed(thrown))
    this.#advance()
  }

  #write(batch: EncryptedBatch): void {
    const { store, fences, ownership } = this.#ports
    const write = this.#image.issue(batch)
    const losses = this.#losses.noticed
    const absences = ownership.absences()
    const wasAway = () => ownership.absences() !== absences
    // A write that waits for a connection or for the lock manager must not begin after the page was in the back/forward cache.
    const check = () => {
      if (wasAway()) throw new VoiceAgentError('superseded')
    }
    const issued = this.#losses.isKeyUncertain
      ? this.#writeAfterLoss(write, check)
      : fences.write(this.#id, write.bases, write.batch.changes, { check })
    const written = issued.then(
      () => this.#onWritten(write, losses),
      (error: unknown) =>
        this.#onWriteFailed(write, error, { wasLost: store.losses() !== losses, wasAway: wasAway() }),
    )
    // Journals after issuing the write, so that the transaction has started if the browser stops this task.
    if (this.#isLeaving) this.#journal.write(write)
    this.#settled = Promise.allSettled([this.#settled, written])
  }

  /** @throws VoiceAgentError `session-missing`, or the reason if the log was closed meanwhile */
  async #writeAfterLoss({ bases, batch }: Write, check: () => void): Promise<void> {
    const { restored, expected } = await this.#losses.findKey(this.#held)
    // Another page may have taken the session meanwhile.
    if (this.#reason) throw this.#reason
    const changes = new Map([...restored, ...batch.changes])
    await this.#ports.fences.write(this.#id, bases, changes, { expected, check })
  }

  #onWritten(write: Write, losses: number): void {
    this.#image.succeed(write)
    this.#canRetry = true
    if (this.#shouldRecordRevision) this.#recordRevision()
    this.#waiters.resolveUpTo(this.#image.revision)
    if (!this.isClosed) this.#ports.onWrite(null)
    if (!this.#image.write) {
      this.#isLeaving = this.#shouldRecordRevision = false
      this.#losses.noteWritten(losses)
      this.#journal.clear()
    }
    this.#advance()
  }

  async #onWriteFailed(
    write: Write,
    thrown: unknown,
    { wasLost, wasAway }: { wasLost: boolean; wasAway: boolean },
  ): Promise<void> {
    if (!this.#image.fail(write)) return
    // Another page may have continued the session meanwhile. This one reads it again when it returns, unless it has given it up.
    if (wasAway) return this.#enter('suspend')
    const error = asWriteError(thrown)
    const retries = wasLost && this.#canRetry
    this.#canRetry = !retries
    if (error.code === 'session-open-elsewhere' && !this.isClosed) {
      this.giveUp(error)
      return this.#ports.onWrite(error)
    }
    if (error.code === 'session-missing' && !this.isClosed) {
      this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)
      this.close(error)
      return this.#ports.onWrite(error)
    }
    let isWorthRetrying = retries
    if (error.code === 'storage-quota' && !this.#isLeaving && this.#phase === 'open') {
      this.#phase = phaseAfter(this.#phase, 'diskFull')
      isWorthRetrying = await this.#ports.makeRoom(sizeOf(write.batch)).catch(() => false)
      this.#phase = phaseAfter(this.#phase, 'spaceChecked')
    }
    if (!isWorthRetrying) {
      this.#waiters.rejectUpTo(write.batch.revision, error)
      if (!this.isClosed) this.#ports.onWrite(error)
    }
    this.#advance()
  }

  /** Handles a failure to open or to encrypt: another page owns the session, it is stored already, or its key is unavailable. */
  #onPreparationFailed(thrown: unknown): void {
    const error = asWriteError(thrown)
    this.#staged.markFailed()
    if (isFinal(error)) {
      // Reported only to a waiting save, because a creation reports the error itself.
      if (!this.#waiters.isEmpty) this.#ports.onWrite(error)
      this.close(error)
      return
    }
    this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)
    this.#ports.onWrite(error)
  }

  /** Stores the saved revision for the next page. Not called for every save, because only the next page reads it. */
  #recordRevision(): void {
    const { revision } = this.#image
    if (revision >= 0 && this.keyTime !== null)
      this.#ports.savedRevisions.set(this.#id, revision, this.keyTime)
  }

  #noticeLoss(): void {
    if (this.#losses.notice()) this.#image.invalidate()
  }

  /** Requests a write of a revision. Retries a failed encryption. */
  #request(revision: number): void {
    this.#waiters.request(revision)
    this.#staged.retry()
  }

  /** Writes a snapshot if the plain key can be replaced now. */
  async #unlock(snapshot: SessionSnapshot): Promise<void> {
    const { keys, ownership } = this.#ports
    const held = await keys.protect(this.#owner).catch(() => null)
    const isStillLocked = this.#reason === this.#lockedBy && ownership.isOwned(this.#id)
    if (held && keys.isWritable(held) && isStillLocked) this.#reopen(held)
    return this.#reason ? this.#rejectWrite(this.#reason) : this.write(snapshot)
  }

  /** Rejects a write and reports it as a storage error, except for a deleted session. */
  #rejectWrite(error: VoiceAgentError): Promise<never> {
    if (!this.#isDeleted) this.#ports.onWrite(error)
    return Promise.reject(error)
  }
}

/** Returns true if writing would overwrite unreadable data, another conversation or a session of another tab. */
function isFinal(error: VoiceAgentError): boolean {
  return (
    error instanceof UnreadableRecordError ||
    error.code === 'session-open-elsewhere' ||
    error.code === 'session-exists'
  )
}

/** Returns the bytes of the encrypted records. */
function sizeOf({ changes }: EncryptedBatch): number {
  let bytes = 0
  for (const record of changes.values()) if (record && 'data' in record) bytes += record.data.byteLength
  return bytes
}
