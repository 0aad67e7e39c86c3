import type { SessionSnapshot } from '../../../../store/index.js'
import { type SealedBatch, sealBatch } from './batch.js'
import { SEGMENT_SIZE } from './layout.js'
import { changedSegments } from './segments.js'
import type { StoredState } from './stored-state.js'

/** Milliseconds between two sealings of nothing but text that is still streaming: what a crash may cost of it. */
const STREAM_MS = 100

interface StagingPorts {
  stored: StoredState
  /** The session's key, once it is known what is stored. */
  prepare: () => Promise<CryptoKey>
  onSealed: () => void
  onFailed: (error: unknown) => void
}

/**
 * Seals ahead of the write, one snapshot at a time and the latest first: of those that come while one is being sealed
 * only the last is. Whatever is final is sealed at once; a stream of deltas ten times a second.
 */
export class Staging {
  readonly #ports: StagingPorts
  #latest: SessionSnapshot | null = null
  #sealed: { batch: SealedBatch; against: number } | null = null
  #isSealing = false
  /** Something final came while a sealing was under way. */
  #isUrgent = false
  #sealedAt = Number.NEGATIVE_INFINITY
  #later: ReturnType<typeof setTimeout> | undefined

  constructor(ports: StagingPorts) {
    this.#ports = ports
  }

  /** Revision of the newest snapshot, sealed or not. */
  get revision(): number {
    return this.#latest?.revision ?? -1
  }

  /** The newest sealed batch, if it is still right: one sealed against what has since changed may lack a segment. */
  get ready(): SealedBatch | null {
    return this.#sealed?.against === this.#ports.stored.version ? this.#sealed.batch : null
  }

  stage(snapshot: SessionSnapshot): void {
    if (snapshot.revision <= this.revision) return
    const before = this.#latest
    // A copy: redux-persist hands over one and the same object, changed.
    this.#latest = { ...snapshot }
    if (before && isStreamOnly(before, snapshot)) this.#sealLater()
    else {
      this.#isUrgent = true
      this.seal()
    }
  }

  drop(): void {
    clearTimeout(this.#later)
    this.#later = undefined
    this.#latest = this.#sealed = null
  }

  /** Seals the newest snapshot, unless that is done, under way or no longer needed. */
  seal(): void {
    clearTimeout(this.#later)
    this.#later = undefined
    if (this.#isSealing || this.revision <= this.#ports.stored.issuedRevision) return
    if (this.ready?.revision === this.revision) return
    this.#isSealing = true
    this.#isUrgent = false
    this.#sealedAt = performance.now()
    this.#sealLatest().then(
      (sealed) => {
        this.#isSealing = false
        // Dropped meanwhile: the session was deleted, or turned out to be unreadable.
        this.#sealed = this.#latest ? sealed : null
        this.#ports.onSealed()
        if (this.#isUrgent || this.#later === undefined) this.seal()
      },
      (error: unknown) => {
        this.#isSealing = false
        this.#ports.onFailed(error)
      },
    )
  }

  #sealLater(): void {
    const wait = this.#sealedAt + STREAM_MS - performance.now()
    if (wait <= 0) this.seal()
    else this.#later ??= setTimeout(() => this.seal(), wait)
  }

  async #sealLatest(): Promise<{ batch: SealedBatch; against: number } | null> {
    const { stored, prepare } = this.#ports
    const key = await prepare()
    const snapshot = this.#latest
    if (!snapshot || snapshot.revision <= stored.revision) return null
    const against = stored.version
    const plan = changedSegments(snapshot, stored.segments, stored.layout)
    return { batch: await sealBatch(key, snapshot, plan, stored.segmentCount), against }
  }
}

/** Whether no message differs but by text that is still coming. */
function isStreamOnly(before: SessionSnapshot, after: SessionSnapshot): boolean {
  const { messages } = before
  if (messages.length !== after.messages.length || before.firstLoadedIndex !== after.firstLoadedIndex)
    return false
  // Only the last turns ever change; a difference before them would merely be sealed a moment later.
  for (let index = Math.max(0, messages.length - 2 * SEGMENT_SIZE); index < messages.length; index++) {
    const message = after.messages[index]
    if (message !== messages[index] && message?.status !== 'streaming') return false
  }
  return true
}
