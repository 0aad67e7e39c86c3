import type { SessionSnapshot } from '../../../../../store/index.js'
import { MessageEncoder } from './message-encoder.js'
import { type SealedBatch, sealBatch } from './sealed-batch.js'
import { changedSegments } from './segments.js'
import type { StoredState } from './stored-state.js'

interface StagingPorts {
  stored: StoredState
  /** The session's key, once it is known what is stored. */
  prepare: () => Promise<CryptoKey>
  onSealed: () => void
  onFailed: (error: unknown) => void
}

/**
 * Seals ahead of the write, one snapshot at a time and the latest first: of those that come while one is being sealed
 * only the last is.
 */
export class Staging {
  readonly #ports: StagingPorts
  #latest: SessionSnapshot | null = null
  #sealed: { batch: SealedBatch; against: number } | null = null
  #isSealing = false
  readonly #encoder = new MessageEncoder()

  constructor(ports: StagingPorts) {
    this.#ports = ports
  }

  /** Revision of the newest snapshot, sealed or not. */
  get revision(): number {
    return this.#latest?.revision ?? -1
  }

  /** The newest sealed batch, if it is still right: one sealed against what has since changed may lack a segment. */
  get ready(): SealedBatch | null {
    const sealed = this.#sealed
    return sealed && this.#ports.stored.admits(sealed.batch, sealed.against) ? sealed.batch : null
  }

  stage(snapshot: SessionSnapshot): void {
    if (snapshot.revision <= this.revision) return
    // A copy: redux-persist hands over one and the same object, changed.
    this.#latest = { ...snapshot }
    this.seal()
  }

  drop(): void {
    this.#latest = this.#sealed = null
  }

  /** Seals the newest snapshot, unless that is done, under way or no longer needed. */
  seal(): void {
    if (this.#isSealing || this.revision <= this.#ports.stored.issuedRevision) return
    if (this.ready?.revision === this.revision) return
    this.#isSealing = true
    this.#sealLatest().then(
      (sealed) => {
        this.#isSealing = false
        // Dropped meanwhile: the session was deleted, or turned out to be unreadable.
        this.#sealed = this.#latest ? sealed : null
        this.#ports.onSealed()
        this.seal()
      },
      (error: unknown) => {
        this.#isSealing = false
        this.#ports.onFailed(error)
      },
    )
  }

  async #sealLatest(): Promise<{ batch: SealedBatch; against: number } | null> {
    const { stored, prepare } = this.#ports
    const key = await prepare()
    const snapshot = this.#latest
    if (!snapshot || snapshot.revision <= stored.revision) return null
    const against = stored.version
    const plan = changedSegments(snapshot, stored.segments, stored.layout)
    const batch = await sealBatch(key, snapshot, plan, stored.segmentCount, this.#encoder)
    return { batch, against }
  }
}
