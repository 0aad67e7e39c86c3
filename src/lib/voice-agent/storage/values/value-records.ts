import { VoiceAgentError } from '../../../../../store/index.js'
import type { Database } from '../database/open-database.js'
import { fingerprintOf, isWriteConflict } from '../database/record-store.js'
import type { HeldKey } from '../keys/key-wrapping.js'
import { decrypt, encrypt, encryptBytes, NewerRecordError, UnreadableRecordError } from '../records/cipher.js'
import {
  type EncryptedRecord,
  FORMAT_VERSION,
  keyRecordKey,
  type MarkHeader,
  markKey,
  type StoredRecord,
  type ValueHeader,
  valueOwner,
} from '../records/record.js'
import type { TabEntries } from '../tabs/session-storage.js'
import {
  createSeenRevisions,
  createValueJournal,
  type JournalledValue,
  revisionUnder,
  type SeenRevisions,
  type ValueJournal,
} from './value-entries.js'

/** A value that was read. */
export interface ReadValue {
  value: unknown
  /** True if this page or the stored mark knows a later version: the value was rolled back, or removed by other code. */
  isRolledBack: boolean
  /** True if the key is plain although there is a provider: {@link ValueRecords.protect} replaces it. */
  isUnprotected: boolean
}

/** Records of one value, from one transaction. */
interface Fetched {
  key: StoredRecord | null
  value: StoredRecord | null
  mark: StoredRecord | null
}

/** Records of a value that its key opened, without their data. */
interface Known extends Fetched {
  held: HeldKey | null
  /** Highest revision known to the records or this page. */
  revision: number
  /** Revision of the mark; null if it is missing or damaged. */
  marked: number | null
}

/** Encrypted content of a mark. */
interface MarkContent {
  revision: number
}

const recordKey = (name: string) => `${valueOwner(name)}/value`

/** Maximum attempts while other pages write the same value without a lock. Each failure is another page's success. */
const MAX_ATTEMPTS = 100

/** Milliseconds to wait for other pages' writes of the same value. Writes without a turn are still safe, because they compare the stored records. */
const TURN_LIMIT_MS = 2_000

/**
 * Reads and writes values. The key, the value and its high-water mark are read in one transaction and written in another. A write
 * changes nothing if another page wrote meanwhile, and is then retried. A lock gives each page its turn.
 */
export class ValueRecords {
  readonly #database: Database
  readonly #lockPrefix: string
  readonly #journal: ValueJournal
  readonly #seen: SeenRevisions
  readonly #known = new Map<string, Known>()
  /** The newest value journalled under each name, because encryptions may finish out of order. */
  readonly #journalled = new Map<string, { json: BufferSource; entry: JournalledValue | null }>()
  /** Version of the value being written under each name. */
  readonly #issued = new Map<string, string>()

  /** @param page The tab's sessionStorage. */
  constructor(database: Database, databaseName: string, page: TabEntries) {
    this.#database = database
    this.#journal = createValueJournal(page)
    this.#seen = createSeenRevisions(page)
    this.#lockPrefix = `redux-voice-agent:${databaseName}:value:`
  }

  /**
   * Returns null if there is no value.
   *
   * @param onWaiting Called before and after waiting for the key provider.
   * @throws UnreadableRecordError if the value, or its key, can't be decrypted
   * @throws VoiceAgentError `key-wrong`, `key-unavailable`
   */
  async read(name: string, onWaiting: (isForKey: boolean) => void): Promise<ReadValue | null> {
    const { keys } = this.#database
    // A write of this page may end during the read, so compare with the revision known before it.
    const before = this.#seen.get(name)
    let fetched = await this.#fetch(name)
    const { key } = fetched
    if (!fetched.value) return this.#isTakenAway(name, fetched) ? { ...NOTHING, isRolledBack: true } : null
    if (!key) throw new UnreadableRecordError('key')
    onWaiting(true)
    const held = await keys.open(valueOwner(name), key)
    onWaiting(false)
    let record = asValue(fetched.value)
    // Rejects before the replay if the key is not the value's, so that the journal stays.
    let content = await decrypt(held.key, record)
    if (await this.#replayJournal(name, fetched, held)) {
      fetched = await this.#fetch(name)
      if (!fetched.value) return null
      record = asValue(fetched.value)
      content = await decrypt(held.key, record)
    }
    const known = await this.#learn(name, fetched, held)
    const revision = record.revision ?? 0
    // A driver without transactions may be interrupted between the first value and its mark.
    const isBehindMark = known.marked === null ? revision > 1 : revision < known.marked
    return {
      value: content,
      isRolledBack: isBehindMark || revision < revisionUnder(held.record, before),
      isUnprotected: !keys.isWritable(held),
    }
  }

  /**
   * Encrypts JSON and writes it. Uses a new key if there is none, or if it is plain although there is a provider.
   *
   * @throws UnreadableRecordError if the stored value can't be decrypted; then it is not overwritten
   * @throws VoiceAgentError `key-wrong`, `key-unavailable`
   */
  write(name: string, json: BufferSource): Promise<void> {
    return this.#inTurn(name, () => this.#write(name, json))
  }

  async #write(name: string, json: BufferSource): Promise<void> {
    let known = this.#known.get(name)
    for (let attempt = 1; ; attempt++) {
      known ??= await this.#readBeforeWrite(name)
      try {
        return await this.#writeOver(name, known, json)
      } catch (error) {
        this.#known.delete(name)
        if (!isWriteConflict(error) || attempt === MAX_ATTEMPTS) throw error
        known = undefined
      }
    }
  }

  /**
   * Encrypts a value and journals it, because the page may close before its write ends. The first value of a name is not journalled,
   * because its key is not stored yet.
   */
  async journal(name: string, json: BufferSource): Promise<void> {
    const known = this.#known.get(name)
    if (!known?.held || !known.value || !this.#database.keys.isWritable(known.held)) return
    const journalled: { json: BufferSource; entry: JournalledValue | null } = { json, entry: null }
    this.#journalled.set(name, journalled)
    // A pending write may have the next revision.
    const { value, mark } = await encryptValue(known.held.key, name, known.revision + 2, json)
    if (this.#journalled.get(name) !== journalled) return
    const replaces = [fingerprintOf(known.value), this.#issued.get(name) ?? []].flat()
    journalled.entry = { replaces, value, mark }
    this.#journal.write(name, journalled.entry)
  }

  /** Lets the journalled value replace an earlier one that is written only now: the page may close before that write ends. */
  #issue(name: string, version: string): void {
    this.#issued.set(name, version)
    const entry = this.#journalled.get(name)?.entry
    if (!entry) return
    entry.replaces.push(version)
    this.#journal.write(name, entry)
  }

  /** Drops the journalled value, because an equally new one is stored. */
  clearJournal(name: string): void {
    if (this.#journalled.delete(name)) this.#journal.clear(name)
  }

  /** Deletes the key, the value and its mark. */
  async remove(name: string): Promise<void> {
    this.#journalled.delete(name)
    this.#journal.clear(name)
    this.#seen.clear(name)
    await this.#inTurn(name, () => this.#database.keys.removeWithRecords(valueOwner(name)))
    this.#known.delete(name)
  }

  /** Re-encrypts a value under a wrapped key. */
  async protect(name: string): Promise<void> {
    await this.#inTurn(name, async () => void (await this.#database.keys.protect(valueOwner(name))))
    this.#known.delete(name)
  }

  async #inTurn(name: string, task: () => Promise<void>): Promise<void> {
    const locks = globalThis.navigator?.locks as LockManager | undefined
    if (!locks) return task()
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), TURN_LIMIT_MS)
    let isTurn = false
    const run = () => {
      isTurn = true
      clearTimeout(timer)
      return task()
    }
    try {
      await locks.request(this.#lockPrefix + name, { signal: patience.signal }, run)
    } catch (error) {
      if (isTurn) throw error
      return task()
    } finally {
      clearTimeout(timer)
    }
  }

  async #fetch(name: string): Promise<Fetched> {
    const owner = valueOwner(name)
    const lower = markKey(owner)
    const { records, run } = await this.#database.store.readTogether([keyRecordKey(owner), recordKey(name)], {
      lower,
      upper: `${lower}\0`,
      take: 1,
    })
    const [[key = null, value = null], [mark = null]] = await Promise.all([Promise.all(records), run])
    return { key, value, mark }
  }

  /**
   * Writes the value that the last page of this tab journalled, if it continues the stored one.
   *
   * @returns true if the stored value has changed
   */
  async #replayJournal(name: string, fetched: Fetched, { key }: HeldKey): Promise<boolean> {
    const entry = this.#journal.read(name)
    if (!entry) return false
    const owner = valueOwner(name)
    const isNext = entry.replaces.includes(fingerprintOf(fetched.value)) && entry.mark.owner === owner
    // sessionStorage is easier to alter than the database, so only authenticated records may overwrite stored ones.
    const opened = isNext ? [decrypt(key, entry.value), decrypt(key, entry.mark)] : []
    const results = await Promise.allSettled(opened)
    if (!isNext || results.some(({ status }) => status === 'rejected')) {
      this.#journal.clear(name)
      return false
    }
    const changes = new Map<string, StoredRecord>([
      [recordKey(name), entry.value],
      [markKey(owner), entry.mark],
    ])
    try {
      await this.#database.store.write(changes, { expected: expectedOf(name, fetched) })
    } catch (error) {
      // The tab's next read tries again, unless a write supersedes the journal.
      if (!isWriteConflict(error)) return false
    }
    this.#journal.clear(name)
    return true
  }

  /** Checks that the stored value may be overwritten, because its key opens it. */
  async #readBeforeWrite(name: string): Promise<Known> {
    const fetched = await this.#fetch(name)
    const { key, value } = fetched
    if (!key && value) throw new UnreadableRecordError('key')
    const held = key && (await this.#openKey(name, key, value !== null))
    if (held && value) await decrypt(held.key, asValue(value))
    return this.#learn(name, fetched, held)
  }

  /** Returns null for an unreadable key without a value, which is replaced. */
  #openKey(name: string, key: StoredRecord, hasValue: boolean): Promise<HeldKey | null> {
    return this.#database.keys.open(valueOwner(name), key).catch((error: unknown) => {
      const isUseless = error instanceof UnreadableRecordError && !(error instanceof NewerRecordError)
      if (isUseless && !hasValue) return null
      throw error
    })
  }

  async #writeOver(name: string, known: Known, json: BufferSource): Promise<void> {
    const { store, keys } = this.#database
    const owner = valueOwner(name)
    const { held } = known
    const made = held && keys.isWritable(held) ? null : await keys.makeKey(owner)
    const { key, record, protection } = made ?? (held as HeldKey)
    const revision = known.revision + 1
    const { value, mark } = await encryptValue(key, name, revision, json)
    const changes = new Map<string, StoredRecord>(made ? [[keyRecordKey(owner), record]] : [])
    changes.set(recordKey(name), value).set(markKey(owner), mark)
    const expected = new Map([...(made?.expected ?? []), ...expectedOf(name, known)])
    this.#issue(name, fingerprintOf(value))
    await store.write(changes, { durability: made ? 'strict' : 'relaxed', expected })
    const stored = keys.cache(owner, { key, record, protection })
    this.#seen.set(name, record, revision)
    this.#known.set(name, {
      ...withoutData({ key: record, value, mark }),
      held: stored,
      revision,
      marked: revision,
    })
  }

  /** Remembers a value's records for the next write, and the highest known revision. */
  async #learn(name: string, fetched: Fetched, held: HeldKey | null): Promise<Known> {
    const marked = held && fetched.mark ? await openMark(held, fetched.mark) : null
    const stored = fetched.value?.kind === 'value' ? (fetched.value.revision ?? 0) : 0
    const seen = held ? revisionUnder(held.record, this.#seen.get(name)) : 0
    const known = { ...withoutData(fetched), held, revision: Math.max(marked ?? 0, stored, seen), marked }
    this.#known.set(name, known)
    if (held) this.#seen.set(name, held.record, known.revision)
    return known
  }

  /** A deletion also removes the mark, so a mark without a value means that other code removed the value. */
  #isTakenAway(name: string, { key, mark }: Fetched): boolean {
    const isTaken = key !== null && mark !== null
    if (!isTaken) this.#known.delete(name)
    return isTaken
  }
}

function expectedOf(name: string, { key, value, mark }: Fetched): Map<string, StoredRecord | null> {
  const owner = valueOwner(name)
  return new Map([
    [keyRecordKey(owner), key],
    [recordKey(name), value],
    [markKey(owner), mark],
  ])
}

async function encryptValue(key: CryptoKey, name: string, revision: number, json: BufferSource) {
  const header: ValueHeader = { v: FORMAT_VERSION, kind: 'value', name, revision }
  const markHeader: MarkHeader = { v: FORMAT_VERSION, kind: 'mark', owner: valueOwner(name) }
  const content: MarkContent = { revision }
  const [value, mark] = await Promise.all([
    encryptBytes(key, header, json),
    encrypt(key, markHeader, content),
  ])
  return { value, mark }
}

const NOTHING: ReadValue = { value: null, isRolledBack: false, isUnprotected: false }

function asValue(record: StoredRecord): EncryptedRecord<ValueHeader> {
  if (record.kind !== 'value') throw new UnreadableRecordError('value')
  return record
}

/** Returns null for a damaged mark. */
async function openMark({ key }: HeldKey, mark: StoredRecord): Promise<number | null> {
  if (mark.kind !== 'mark') return null
  return decrypt(key, mark).then(
    (content) => (content as MarkContent).revision,
    (error: unknown) => {
      if (error instanceof NewerRecordError) throw error
      return null
    },
  )
}

/** Comparing versions needs no data, which can be large. */
function withoutData<R extends Fetched>({ key, value, mark }: R): Fetched {
  const strip = (record: StoredRecord | null) =>
    record && 'data' in record ? { ...record, data: new ArrayBuffer(0) } : record
  return { key, value: strip(value), mark: strip(mark) }
}

/** Error for a value that was rolled back, or removed by other code. */
export function createRolledBackError(): VoiceAgentError {
  return new VoiceAgentError(
    'value-rolled-back',
    'This browser has only an older copy of the stored data. It was opened.',
  )
}
