import type { SessionSnapshot } from '../../../../../store/index.js'
import { type EncryptedBatch, encryptBatch } from './encrypted-batch.js'
import { MessageEncoder } from './message-encoder.js'
import { changedSegments } from './segments.js'
import type { StoredState } from './stored-state.js'

interface StagingPorts {
  stored: StoredState
  /** Returns the session's key after reading the stored head. */
  prepare: () => Promise<CryptoKey>
  onEncrypted: () => void
  onFailed: (error: unknown) => void
}

/** Encrypts snapshots before their write, one at a time. Snapshots staged meanwhile are skipped except for the latest. */
export class Staging {
  readonly #ports: StagingPorts
  #latest: SessionSnapshot | null = null
  #encrypted: { batch: EncryptedBatch; against: number } | null = null
  #isEncrypting = false
  readonly #encoder = new MessageEncoder()

  constructor(ports: StagingPorts) {
    this.#ports = ports
  }

  /** Revision of the newest snapshot, encrypted or not. */
  get revision(): number {
    return this.#latest?.revision ?? -1
  }

  /** The newest encrypted batch. Null if the stored state has changed since, because the batch may lack a segment. */
  get ready(): EncryptedBatch | null {
    const encrypted = this.#encrypted
    return encrypted && this.#ports.stored.admits(encrypted.batch, encrypted.against) ? encrypted.batch : null
  }

  stage(snapshot: SessionSnapshot): void {
    if (snapshot.revision <= this.revision) return
    // Copies the snapshot, because redux-persist passes the same object again after changing it.
    this.#latest = { ...snapshot }
    this.encryptLatest()
  }

  drop(): void {
    this.#latest = this.#encrypted = null
  }

  /** Encrypts the newest snapshot, unless that is done, in progress or no longer needed. */
  encryptLatest(): void {
    if (this.#isEncrypting || this.revision <= this.#ports.stored.issuedRevision) return
    if (this.ready?.revision === this.revision) return
    this.#isEncrypting = true
    this.#encryptBatch().then(
      (encrypted) => {
        this.#isEncrypting = false
        // Null if the snapshot was dropped meanwhile: the session was deleted or is unreadable.
        this.#encrypted = this.#latest ? encrypted : null
        this.#ports.onEncrypted()
        this.encryptLatest()
      },
      (error: unknown) => {
        this.#isEncrypting = false
        this.#ports.onFailed(error)
      },
    )
  }

  async #encryptBatch(): Promise<{ batch: EncryptedBatch; against: number } | null> {
    const { stored, prepare } = this.#ports
    const key = await prepare()
    const snapshot = this.#latest
    if (!snapshot || snapshot.revision <= stored.revision) return null
    const against = stored.version
    const plan = changedSegments(snapshot, stored.segments, stored.layout)
    const batch = await encryptBatch(key, snapshot, plan, stored.segmentCount, this.#encoder)
    return { batch, against }
  }
}
