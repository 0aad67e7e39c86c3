import { BackupEngine } from '../../../src/lib/voice-agent/backup/backup-engine.js'
import { createBackupState } from '../../../src/lib/voice-agent/backup/backup-state.js'
import {
  type DeviceKey,
  type DeviceKeys,
  generateDeviceKey,
} from '../../../src/lib/voice-agent/backup/device-key.js'
import { checkObjects, type ObjectStore } from '../../../src/lib/voice-agent/backup/object-store.js'
import type { RecordStore } from '../../../src/lib/voice-agent/storage/database/record-store.js'
import { KeyVault } from '../../../src/lib/voice-agent/storage/keys/key-vault.js'
import {
  additionalData,
  type EncryptedRecord,
  sessionOwner,
  versionOf,
} from '../../../src/lib/voice-agent/storage/records/record.js'
import { DiskImage } from '../../../src/lib/voice-agent/storage/sessions/disk-image.js'
import { encryptBatch } from '../../../src/lib/voice-agent/storage/sessions/encrypted-batch.js'
import { changedSegments } from '../../../src/lib/voice-agent/storage/sessions/segments.js'
import { findHead, readSession } from '../../../src/lib/voice-agent/storage/sessions/session-reader.js'
import { openByteRecordStore } from '../../../src/lib/voice-agent/storage/stores/byte-record-store.js'
import type { ByteStore } from '../../../src/lib/voice-agent/storage/stores/byte-store.js'
import { memoryStores } from '../../../src/lib/voice-agent/storage/stores/memory-store.js'
import { fromBytes, timeOf } from '../../../src/lib/voice-agent/storage/stores/record-bytes.js'
import type { Message, SessionHead } from '../../../store/index.js'
import { manifestsSeen } from '../../simulation/backup/attacks.js'

/** Few PBKDF2 iterations, because a test derives many keys. */
export const ITERATIONS = 10
export const PASSPHRASE = 'horse battery'

/**
 * An in-memory double of an object store. Tests change its objects directly.
 *
 * With a real store, it is a proxy that keeps a copy of the real objects.
 */
export class ObjectStoreDouble implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>()
  readonly counts = { put: 0, get: 0, list: 0, delete: 0, bytesPut: 0 }
  readonly #real: ObjectStore | null
  /** Runs before each request, and may throw. */
  before: (method: 'put' | 'get' | 'list' | 'delete', name: string) => void = () => {}
  /** Runs after each change. If it throws, the response is lost. */
  after: (method: 'put' | 'delete', name: string) => void = () => {}

  constructor(real: ObjectStore | null = null) {
    this.#real = real
  }

  async put(name: string, bytes: Uint8Array) {
    this.counts.put++
    this.counts.bytesPut += bytes.length
    this.before('put', name)
    const stored = this.objects.get(name)
    if (stored && Buffer.compare(stored, bytes) !== 0) throw new Error('An object was put in two versions.')
    await this.#real?.put(name, bytes.slice())
    this.objects.set(name, bytes.slice())
    this.after('put', name)
  }

  async get(name: string): Promise<Uint8Array | null> {
    this.counts.get++
    this.before('get', name)
    return this.#real ? this.#real.get(name) : (this.objects.get(name)?.slice() ?? null)
  }

  async list(prefix: string) {
    this.counts.list++
    this.before('list', prefix)
    return this.#real ? this.#real.list(prefix) : this.namesOf(prefix)
  }

  async delete(name: string) {
    this.counts.delete++
    this.before('delete', name)
    await this.#real?.delete(name)
    this.objects.delete(name)
    this.after('delete', name)
  }

  namesOf(prefix: string): string[] {
    return [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort()
  }
}

/** Keeps device keys in memory instead of IndexedDB, which Node lacks. */
function memoryDeviceKeys(keys = new Map<string, DeviceKey>()): DeviceKeys & { clear(): void } {
  return {
    clear: () => keys.clear(),
    find: async (id) => keys.get(id) ?? null,
    async create() {
      const key = await generateDeviceKey()
      keys.set(key.id, key)
      return key
    },
  }
}

interface ReadSession {
  head: SessionHead
  messages: Message[]
  revision: number
}

export interface ProfileParts {
  name: string
  bytes: ByteStore
  wrapping: CryptoKey
  devices: DeviceKeys & { clear?(): void }
  objects: ObjectStore
}

/** A browser profile: a local store with real records, and its backup engine. */
export class Profile {
  readonly name: string
  readonly store: RecordStore
  readonly keys: KeyVault
  readonly engine: BackupEngine
  readonly open = new Set<string>()
  readonly #parts: ProfileParts
  /** Sessions as this profile last wrote or read them. Messages keep their identity, which shows which segments are unchanged. */
  readonly #images = new Map<string, { disk: DiskImage; session: ReadSession }>()
  #clock = 1_000_000

  private constructor(parts: ProfileParts, store: RecordStore) {
    const { name, wrapping, devices, objects } = parts
    this.name = name
    this.#parts = parts
    this.store = store
    const keys = new KeyVault(store, async () => wrapping)
    this.keys = keys
    let tail: Promise<unknown> = Promise.resolve()
    this.engine = new BackupEngine({
      store,
      keys,
      devices,
      objects: checkObjects(objects),
      state: createBackupState(store, keys),
      ownership: {
        acquire: async (id) => !this.open.has(id),
        release: async () => {},
      },
      announce: (id) => void this.#images.delete(id),
      lock(task) {
        const done = tail.then(task)
        tail = done.catch(() => {})
        return done
      },
    })
  }

  /** @param wrap Wraps the local store, for example to make it fail. */
  static async create(
    name: string,
    objects: ObjectStore,
    wrap: (store: ByteStore) => ByteStore = (store) => store,
  ): Promise<Profile> {
    const bytes = wrap(await memoryStores()(name))
    const usages: KeyUsage[] = ['wrapKey', 'unwrapKey']
    const wrapping = await crypto.subtle.generateKey({ name: 'AES-KW', length: 256 }, false, usages)
    const parts = { name, bytes, wrapping, devices: memoryDeviceKeys(), objects }
    return new Profile(parts, await openByteRecordStore(bytes))
  }

  static async open(parts: ProfileParts): Promise<Profile> {
    return new Profile(parts, await openByteRecordStore(parts.bytes))
  }

  /** Reopens the profile as after a crash: only stored data survives. */
  async restart(): Promise<Profile> {
    const next = new Profile(this.#parts, await openByteRecordStore(this.#parts.bytes))
    next.#clock = this.#clock
    return next
  }

  /** Deletes the device keys, as a browser that clears one of the two databases. */
  loseDeviceKeys(): void {
    this.#parts.devices.clear?.()
  }

  /** Copies the local store. Returns a function that restores the copy, like a disk restored from an image. */
  async snapshot(): Promise<() => Promise<void>> {
    const all = { lower: '!', upper: '~' }
    const entries = (await this.#parts.bytes.read({ keys: [], ranges: [all] })).ranges[0] ?? []
    return async () => {
      const put = entries.map((entry) => ({ ...entry, updatedAt: timeOf(fromBytes(entry.value)) }))
      await this.#parts.bytes.write({ expect: [], remove: [all], put, durability: 'strict' })
      this.#images.clear()
    }
  }

  /** Adds messages to a session as the storage saves them. Creates the session if necessary. */
  async say(id: string, texts: readonly string[], title?: string): Promise<Message[]> {
    const owner = sessionOwner(id)
    const { key } = await this.keys.create(owner)
    const before = await this.#latest(id)
    const now = this.#clock++
    const messages = [
      ...(before?.messages ?? []),
      ...texts.map((text, index) => ({
        id: `${this.name}-${now}-${index}`,
        role: 'user' as const,
        text,
        status: 'final' as const,
        createdAt: now,
      })),
    ]
    await this.#save(id, key, messages, before, now, title)
    return messages
  }

  /** Changes the text of one message, as a slow tool's result does. */
  async change(id: string, index: number, text: string): Promise<void> {
    const { key } = await this.keys.create(sessionOwner(id))
    const before = await this.#latest(id)
    if (!before) throw new Error('No session.')
    const messages = before.messages.with(index, { ...(before.messages[index] as Message), text })
    await this.#save(id, key, messages, before, this.#clock++)
  }

  async #latest(id: string): Promise<ReadSession | null> {
    const known = this.#images.get(id)
    return known ? known.session : this.read(id)
  }

  async #save(
    id: string,
    key: CryptoKey,
    messages: Message[],
    before: ReadSession | null,
    now: number,
    title = before?.head.title,
  ): Promise<void> {
    const image = this.#images.get(id)?.disk ?? new DiskImage()
    const head: SessionHead = {
      id,
      tabId: `tab of ${this.name}`,
      createdAt: before?.head.createdAt ?? now,
      updatedAt: now,
      connectionStatus: 'connected',
      conversationStatus: 'listening',
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 0,
      messageCount: messages.length,
      ...(title === undefined ? {} : { title }),
      outbox: ['a text that waits on this device'],
    }
    const revision = (before?.revision ?? 0) + 1
    const snapshot = {
      head,
      messages,
      firstLoadedIndex: 0,
      revision,
      _persist: { version: 1, rehydrated: true },
    }
    const plan = changedSegments(snapshot, image.segments, image.layout)
    const isMarked = image.isMarkDue(revision, plan.segmentCount)
    const batch = await encryptBatch(key, snapshot, plan, image.asBase(), { isMarked })
    image.noteEncrypted(batch)
    const write = image.issue(batch)
    await this.store.write(batch.changes)
    image.succeed(write)
    this.#images.set(id, { disk: image, session: { head, messages, revision } })
  }

  /** Reads a session from the local store; null if there is none. */
  async read(id: string) {
    const head = await findHead(this.store, id)
    if (!head) return null
    const held = await this.keys.find(sessionOwner(id))
    if (!held) throw new Error('No key.')
    const { snapshot, isInconsistent, layout, ...image } = await readSession(
      this.store,
      held.key,
      head,
      'all',
      Promise.resolve([]),
    )
    if (isInconsistent || layout.lost.size > 0) throw new Error('A stored session is damaged.')
    if (!this.#images.has(id)) {
      const disk = new DiskImage()
      disk.hydrate({ ...image, layout })
      this.#images.set(id, {
        disk,
        session: { head: snapshot.head, messages: [...snapshot.messages], revision: snapshot.revision },
      })
    }
    return {
      head: snapshot.head,
      messages: [...snapshot.messages],
      revision: snapshot.revision,
      record: head,
    }
  }

  async ids(): Promise<string[]> {
    const records = await this.store.readIndex('tabId')
    return [...records.values()].map((record) => (record as { sessionId: string }).sessionId).sort()
  }

  /** Returns a session's decrypted records: key, headers and JSON bytes. Excludes the key record, the mark, and the call in the head. */
  async plainRecords(id: string): Promise<Map<string, string>> {
    const owner = sessionOwner(id)
    const held = await this.keys.find(owner)
    const plain = new Map<string, string>()
    for (const [key, record] of await this.store.readRange(`${owner}/`, `${owner}/\uffff`)) {
      const { iv, data } = record as EncryptedRecord
      const algorithm = { name: 'AES-GCM', iv, additionalData: additionalData(record as EncryptedRecord) }
      const json = Buffer.from(
        await crypto.subtle.decrypt(algorithm, held?.key as CryptoKey, data),
      ).toString()
      const version = versionOf(record as EncryptedRecord)
      // A device that restores a version may give it another IV, but not another name.
      const { iv: _, version: __, ...header } = record as EncryptedRecord & { version?: string }
      const unencrypted = Buffer.from(additionalData(header as EncryptedRecord)).toString()
      plain.set(key, `${unencrypted} ${version} ${withoutCall(key, json)}`)
    }
    return plain
  }

  /** Names of the newest manifests that this profile has seen. */
  async seenManifests(): Promise<string[]> {
    const main = await createBackupState(this.store, this.keys).read('main')
    return main ? manifestsSeen(main) : []
  }

  async texts(id: string): Promise<string[] | null> {
    return (await this.read(id))?.messages.map(({ text }) => text) ?? null
  }

  /** Texts of all sessions, by id. */
  async allTexts(): Promise<Map<string, string[]>> {
    const texts = new Map<string, string[]>()
    for (const id of await this.ids()) texts.set(id, (await this.texts(id)) ?? [])
    return texts
  }
}

function withoutCall(key: string, json: string): string {
  if (!key.endsWith('/head')) return json
  const { head, ...content } = JSON.parse(json) as { head: SessionHead }
  const { outbox: _outbox, devices: _devices, connectionStatus: _c, conversationStatus: _v, ...kept } = head
  return JSON.stringify({ ...content, head: kept })
}

/** Creates a profile with an open backup. */
export async function begin(objects: ObjectStore, name = 'first'): Promise<Profile> {
  const profile = await Profile.create(name, objects)
  await profile.engine.create([{ passphrase: PASSPHRASE }], ITERATIONS)
  return profile
}

/** Creates another profile and opens the backup on it. */
export async function join(objects: ObjectStore, name: string): Promise<Profile> {
  const profile = await Profile.create(name, objects)
  await profile.engine.unlock({ passphrase: PASSPHRASE })
  return profile
}
