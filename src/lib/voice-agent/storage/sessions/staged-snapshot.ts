import type { SessionSnapshot } from '../../../../../store/index.js'
import type { DiskImage } from './disk-image.js'
import { type EncryptedBatch, encryptBatch, MessageEncoder } from './encrypted-batch.js'
import { changedSegments } from './segments.js'
import type { WritingFacts } from './writing.js'

/** The newest snapshot of a session, and its encryption ahead of the write. */
export class StagedSnapshot {
  readonly #image: DiskImage
  readonly #encoder = new MessageEncoder()
  #latest: SessionSnapshot | null = null
  #encrypted: { batch: EncryptedBatch; generation: number } | null = null
  #isEncrypting = false
  /** Revision that could not be encrypted. */
  #failed = -1

  constructor(image: DiskImage) {
    this.#image = image
  }

  get latest(): SessionSnapshot | null {
    return this.#latest
  }

  /** Revision of the newest snapshot, -1 if there is none. */
  get revision(): number {
    return this.#latest?.revision ?? -1
  }

  /** The newest encrypted batch. Null if the image has changed since, because the batch may lack a segment. */
  get ready(): EncryptedBatch | null {
    const encrypted = this.#encrypted
    return encrypted && this.#image.admits(encrypted.batch, encrypted.generation) ? encrypted.batch : null
  }

  get facts(): Pick<WritingFacts, 'staged' | 'ready' | 'failed' | 'isEncrypting'> {
    const { revision: staged, ready } = this
    return {
      staged,
      ready: ready?.revision ?? -1,
      failed: this.#failed,
      isEncrypting: this.#isEncrypting,
    }
  }

  /** Copies the snapshot, because redux-persist passes the same object again after changing it. */
  set(snapshot: SessionSnapshot): void {
    this.#latest = { ...snapshot }
  }

  drop(): void {
    this.#latest = this.#encrypted = null
  }

  /** Prevents another attempt with this snapshot, until `retry`. */
  markFailed(): void {
    this.#failed = this.revision
  }

  retry(): void {
    this.#failed = -1
  }

  async encrypt(key: CryptoKey): Promise<void> {
    const snapshot = this.#latest
    if (!snapshot) return
    const image = this.#image
    this.#isEncrypting = true
    try {
      const { generation } = image
      const plan = changedSegments(snapshot, image.segments, image.layout)
      const isMarked = image.isMarkDue(snapshot.revision, plan.segmentCount)
      const options = { encoder: this.#encoder, isMarked }
      const batch = await encryptBatch(key, snapshot, plan, image.asBase(), options)
      // If the session was read again meanwhile, its next head does not descend from this batch.
      if (image.admits(batch, generation)) image.noteEncrypted(batch)
      // The snapshot was dropped meanwhile if the session was deleted or read again.
      this.#encrypted = this.#latest ? { batch, generation } : null
    } finally {
      this.#isEncrypting = false
    }
  }
}
