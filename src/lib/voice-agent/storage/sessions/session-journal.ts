import type { SessionSnapshot } from '../../../../../store/index.js'
import { createSyncCipher, type SyncCipher } from '../records/cipher.js'
import { sessionOwner, versionOf } from '../records/record.js'
import type { DiskImage, Write } from './disk-image.js'
import { type EncryptedBatch, encryptBatchSync } from './encrypted-batch.js'
import type { Journal, SyncPart } from './journal.js'
import { changedSegments } from './segments.js'

/** Maximum number of segments to encrypt synchronously as the page closes. */
const MAX_SYNC_SEGMENTS = 3

/** Journals the saves of one session that may not reach the disk, because its page closes or another page takes the session. */
export class SessionJournal {
  readonly #id: string
  readonly #journal: Journal
  readonly #image: DiskImage
  #key: CryptoKey | null = null
  #cipher: SyncCipher | null = null
  /** True at first: the journal may hold a save of the previous page that could not be replayed. The first save supersedes it. */
  #isWritten = true

  constructor(id: string, journal: Journal, image: DiskImage) {
    this.#id = id
    this.#journal = journal
    this.#image = image
  }

  /** Creates the cipher for saving synchronously as the page closes. Without it, the last words may be lost. */
  async prepare(key: CryptoKey): Promise<void> {
    this.#key = key
    const cipher = await createSyncCipher(key, sessionOwner(this.#id)).catch(() => null)
    if (this.#key === key) this.#cipher = cipher
  }

  /** Journals a write. A save that is too large for the journal relies on its transaction alone. */
  write({ batch, bases }: Write, sync?: SyncPart): void {
    if (!this.#journal.write(this.#id, batch, bases, sync)) return
    this.#isWritten = true
    this.#image.noteJournalled(batch)
  }

  /** Journals the pending write and changes encrypted since. Returns the newest revision on disk or in the journal. */
  writeUnsaved(ready: EncryptedBatch | null): number {
    const { issuedRevision, write } = this.#image
    const isNewer = ready !== null && ready.revision > issuedRevision
    if (isNewer) this.write(this.#image.writeWith(ready))
    else if (write) this.write(write)
    return isNewer ? ready.revision : issuedRevision
  }

  /** Journals a snapshot that is not encrypted yet: some browsers run no further tasks of a closing page. */
  writeSync(snapshot: SessionSnapshot): void {
    const image = this.#image
    if (!this.#cipher || snapshot.revision <= image.issuedRevision) return
    const plan = changedSegments(snapshot, image.segments, image.layout)
    // Larger changes, as after a lost connection, would delay the page's closing and overflow the journal.
    if (plan.changed.length > MAX_SYNC_SEGMENTS) return
    const batch = encryptBatchSync(this.#cipher.encrypt, snapshot, plan, image.asBase())
    const versions = [...batch.changes.values()].flatMap((record) =>
      record && 'iv' in record ? versionOf(record) : [],
    )
    this.write(image.writeWith(batch), { key: this.#cipher.sealedKey, versions })
  }

  /** True if another page of the tab left an entry that may not have been read yet. */
  get isForeign(): boolean {
    return this.#journal.isForeign(this.#id)
  }

  /** Clears the journal, because everything in it is on disk. */
  clear(): void {
    if (this.#isWritten) this.#journal.clear(this.#id)
    this.#isWritten = false
  }
}
