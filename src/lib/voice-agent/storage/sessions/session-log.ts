import { type SessionSnapshot, VoiceAgentError } from '../../../../../store/index.js'
import type { HeldKey, KeyVault } from '../keys/key-vault.js'
import { UnreadableRecordError } from '../records/cipher.js'
import { keyRecordKey, sessionOwner } from '../records/record.js'
import { asWriteError } from '../records/storage-errors.js'
import type { Ownership } from '../tabs/ownership.js'
import { RevisionWaiters } from './revision-waiters.js'
import type { Layout } from './segment-layout.js'
import { findHead, openHead, type ReadSegments, type ReadSession } from './session-reader.js'
import { SessionWriter, type WriterPorts } from './session-writer.js'
import { Staging } from './staging.js'
import { StoredState } from './stored-state.js'

/** Dependencies of a log. */
export interface LogPorts extends WriterPorts {
  keys: KeyVault
  /** Grants the right to write a session. */
  ownership: Ownership
}

/**
 * Saves one session from its first snapshot, or its first read, until it is released.
 *
 * A snapshot that is encrypted when its write is requested is committed in the same task. An unreadable session is never
 * overwritten.
 */
export class SessionLog {
  readonly #id: string
  readonly #owner: string
  readonly #ports: LogPorts
  readonly #stored = new StoredState()
  readonly #staging: Staging
  readonly #waiters = new RevisionWaiters()
  readonly #writer: SessionWriter
  #held: HeldKey | null = null
  #quarantine: VoiceAgentError | null = null
  #isDeleted = false

  constructor(id: string, ports: LogPorts) {
    this.#id = id
    this.#owner = sessionOwner(id)
    this.#ports = ports
    this.#staging = new Staging({
      stored: this.#stored,
      prepare: () => this.prepare(),
      onEncrypted: () => this.#writer.commit(),
      onFailed: (error) => this.#onEncryptionFailed(error),
    })
    this.#writer = new SessionWriter(id, ports, {
      stored: this.#stored,
      staging: this.#staging,
      waiters: this.#waiters,
      keyRecord: () => this.#held?.record,
    })
  }

  /**
   * Acquires the session and returns its key, after creating one for a new session. The first call reads the stored head,
   * because a write must know what it overwrites.
   */
  async prepare(): Promise<CryptoKey> {
    if (this.#held) return this.#held.key
    const { store, keys, ownership } = this.#ports
    if (!(await ownership.acquire(this.#id))) throw new VoiceAgentError('session-open-elsewhere')
    const head = await findHead(store, this.#id)
    const held = head ? await keys.find(this.#owner) : await keys.create(this.#owner)
    if (!held) throw new UnreadableRecordError('key')
    if (head) {
      const { lengths } = await openHead(held.key, head)
      const layout = { lengths: new Map(lengths), lost: new Set<number>() }
      this.#stored.hydrate({ ...head, segments: [], layout })
    }
    this.#held = held
    return held.key
  }

  /** Takes over a session that was just read from disk. Drops staged snapshots of an older revision. */
  hydrate(session: ReadSession, held: HeldKey): void {
    const { revision } = session.snapshot
    if (revision > this.#stored.issuedRevision) this.#staging.drop()
    this.#stored.hydrate({ ...session, revision })
    this.#held = held
    this.#quarantine = null
    // Its deletion failed.
    this.#isDeleted = false
    this.resume()
  }

  /** True if any revision is known to be on disk. */
  get isStored(): boolean {
    return this.#stored.revision >= 0
  }

  /** Highest revision that this page has written or is writing. */
  get revision(): number {
    return this.#stored.issuedRevision
  }

  /** Stops writing while the session is read again. */
  suspend(): void {
    this.#writer.suspend()
  }

  resume(): void {
    this.#writer.resume()
    this.#writer.commit()
  }

  get isQuarantined(): boolean {
    return this.#quarantine !== null
  }

  get layout(): Layout {
    return this.#stored.layout
  }

  addSegments(read: ReadSegments): void {
    this.#stored.addSegments(read)
  }

  /** Stops writing because the stored session could not be read, and rejects pending writes. */
  quarantine(error: VoiceAgentError): void {
    this.#quarantine = error
    this.#writer.resume()
    this.#staging.drop()
    this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)
  }

  stage(snapshot: SessionSnapshot): void {
    if (this.#quarantine === null) this.#staging.stage(snapshot)
  }

  /** Resolves when this revision, or a later one, is on disk. */
  write(snapshot: SessionSnapshot): Promise<void> {
    if (this.#quarantine !== null) return this.#rejectWrite(this.#quarantine)
    if (snapshot.revision <= this.#stored.revision) return Promise.resolve()
    this.#staging.stage(snapshot)
    const written = this.#waiters.waitFor(snapshot.revision)
    this.#writer.commit()
    return written
  }

  /** Issues and journals pending changes synchronously, because the page is closing. */
  flushSync(): void {
    if (this.#quarantine === null) this.#writer.flushSync()
  }

  get isDeleted(): boolean {
    return this.#isDeleted
  }

  /** Stops writing because the session is being deleted. Resolves when no write is pending. */
  async markDeleted(): Promise<void> {
    this.#isDeleted = true
    this.#waiters.resolveUpTo(Number.POSITIVE_INFINITY)
    this.quarantine(new VoiceAgentError('session-missing'))
    await this.#writer.settled
  }

  /** Resolves when everything staged is on disk, or could not be written. */
  async flush(): Promise<void> {
    if (this.#staging.revision > this.#stored.issuedRevision) {
      const written = this.#waiters.waitFor(this.#staging.revision)
      this.#writer.commit()
      await written.catch(() => {})
    }
    await this.#writer.settled
    if (this.#quarantine === null) this.#writer.recordRevision()
  }

  /**
   * Removes records that this tab wrote after another tab deleted the session. After a lost connection that includes its key. Any other
   * key belongs to a new session of the same id.
   */
  async removeOrphans(): Promise<void> {
    const { store, keys } = this.#ports
    try {
      await this.#writer.settled
      const key = await store.get(keyRecordKey(this.#owner))
      if (key && !(key.kind === 'key' && key.updatedAt === this.#held?.record.updatedAt)) return
      await keys.removeWithRecords(this.#owner)
    } catch {
      // Ignored: the records are unreadable without their key and are removed by the next cleanup.
    }
  }

  /** Rejects a write and reports it as a storage error, except for a deleted session. */
  #rejectWrite(error: VoiceAgentError): Promise<never> {
    if (!this.#isDeleted) this.#ports.onWrite(error)
    return Promise.reject(error)
  }

  /** Handles a failed encryption: the key or the stored head is not available. */
  #onEncryptionFailed(thrown: unknown): void {
    const error = asWriteError(thrown)
    if (isFinal(error)) {
      this.quarantine(error)
      return
    }
    this.#waiters.rejectUpTo(Number.POSITIVE_INFINITY, error)
    this.#ports.onWrite(error)
  }
}

/** Returns true if writing would overwrite unreadable data or a session of another tab. */
function isFinal(error: VoiceAgentError): boolean {
  return error instanceof UnreadableRecordError || error.code === 'session-open-elsewhere'
}
