import type { VoiceStorage } from '../../../middleware/drivers/storage/ports.js'
import type { createBackupState } from '../../../src/lib/voice-agent/backup/backup-state.js'
import type { createBackup } from '../../../src/lib/voice-agent/backup/create-backup.js'
import type { DeviceKey } from '../../../src/lib/voice-agent/backup/device-key.js'
import type { RecordStore } from '../../../src/lib/voice-agent/storage/database/record-store.js'
import type { KeyVault } from '../../../src/lib/voice-agent/storage/keys/key-vault.js'
import type { sessionOwner } from '../../../src/lib/voice-agent/storage/records/record.js'
import { toBase64Url } from '../../../src/lib/voice-agent/storage/records/record.js'
import type { findHead, readSession } from '../../../src/lib/voice-agent/storage/sessions/session-reader.js'
import type { VoiceAgentError } from '../../../store/index.js'
import { Browser, Page, StorageArea } from '../browser.js'
import type { PageCode } from '../bundle.js'
import type { createVaultCryptoDouble } from '../crypto-vault.js'
import { Disk, type DiskRecord, loadCode } from '../disk.js'
import { Violation, type World } from '../world.js'
import { manifestsSeen } from './attacks.js'
import { Client } from './client.js'
import { Link, type SimulatedObjectStore } from './object-store.js'
import type { Oracle, Texts } from './oracle.js'

interface PageExports {
  VoiceAgentError: typeof VoiceAgentError
  createBackup: typeof createBackup
  createBackupState: typeof createBackupState
  createStorage(options: object): VoiceStorage
  findHead: typeof findHead
  readSession: typeof readSession
  KeyVault: new (store: RecordStore, provider: undefined) => KeyVault
  sessionOwner: typeof sessionOwner
}
export type BackupCode = PageCode<PageExports>

export interface DevicePorts {
  world: World
  code: BackupCode
  crypto: ReturnType<typeof createVaultCryptoDouble>
  objects: SimulatedObjectStore
  oracle: Oracle
  onAnswer(device: Device, label: string, code: string): void
}

/** The disk of a browser profile at one moment. */
export interface DiskCopy {
  records: ReadonlyMap<string, DiskRecord>
  keys: ReadonlyMap<string, DeviceKey>
}

/** A browser profile on one device: its disk, its keys, its network and its pages. */
export class Device {
  readonly name: string
  readonly disk: Disk
  readonly link = new Link()
  readonly #ports: DevicePorts
  readonly #browser: Browser
  readonly #area = new StorageArea()
  #keys = new Map<string, DeviceKey>()
  clients: Client[] = []
  copy: DiskCopy | null = null
  /** True once nothing else happens on any device. Its disk then answers in the same task, which takes fewer events. */
  isQuiet = false
  /** Texts that were read last, with the records' versions. */
  #lastRead: { state: string; texts: Promise<Texts> } | null = null
  readonly #auditor: { code: PageExports; store: Promise<RecordStore> }

  constructor(ports: DevicePorts, name: string) {
    this.#ports = ports
    this.name = name
    this.#browser = new Browser(ports.world)
    this.disk = new Disk(ports.world)
    const page = new Page(this.#browser, `auditor of ${name}`, new StorageArea())
    page.isInstant = true
    const code = this.#codeOf(page)
    this.#auditor = { code, store: this.disk.open(page, code) }
  }

  #codeOf(page: Page): PageExports {
    const globals = { crypto: this.#ports.crypto, deviceKeys: this.#deviceKeys(page) }
    return loadCode(this.#ports.code, page, this.disk, globals)
  }

  /** The page's access to the device keys, which have a database of their own. */
  #deviceKeys(page: Page) {
    const { subtle } = this.#ports.crypto
    const { world } = this.#ports
    const later = <T>(run: () => T) =>
      page.waitFor(
        new Promise<T>((resolve) => {
          const settle = () => {
            const result = run()
            page.run(() => resolve(result))
          }
          if (this.isQuiet) settle()
          else world.later(`${page.name} asks for a device key`, () => page.isDead || settle())
        }),
      )
    return {
      find: (id: string) => later(() => this.#keys.get(id) ?? null),
      create: async () => {
        const pair = (await subtle.generateKey('Ed25519', false)) as unknown as CryptoKeyPair
        const publicKey = (await subtle.exportKey('raw', pair.publicKey as never)) as ArrayBuffer
        const id = toBase64Url(await subtle.digest('SHA-256', publicKey))
        const key = { id, publicKey, privateKey: pair.privateKey }
        return later(() => {
          this.#keys.set(key.id, key)
          return key
        })
      },
    }
  }

  /** The page that an op concerns. Loads one if there is none. */
  client(n = 0): Client {
    return this.clients[n % Math.max(1, this.clients.length)] ?? this.load()
  }

  load(): Client {
    const { world, objects, oracle, onAnswer } = this.#ports
    const page = new Page(this.#browser, `page ${world.nextId()} of ${this.name}`, this.#area.copy())
    page.isInstant = this.isQuiet
    const exported = this.#codeOf(page)
    const client = new Client({
      world,
      oracle,
      page,
      storage: exported.createStorage({}),
      createBackup: () => exported.createBackup({ objects: objects.portFor(page, this.link) }),
      readAll: () => this.readAll(),
      onAnswer: (label, answer) => page.isDead || onAnswer(this, label, answer),
    })
    this.clients.push(client)
    return client
  }

  /** Closes all pages without a warning. Requests that are on their way may still arrive. */
  crash(): void {
    for (const { ports } of this.clients.splice(0)) {
      ports.page.die()
      this.disk.close(ports.page)
    }
  }

  /** Ends all faults, and answers everything in the same task from now on. */
  becomeQuiet(): void {
    this.isQuiet = true
    for (const { ports } of this.clients) ports.page.isInstant = true
  }

  takeCopy(): DiskCopy {
    return { records: new Map(this.disk.records), keys: new Map(this.#keys) }
  }

  /** Replaces the disk with a copy, of this device or of another one, or with an empty one. */
  putBack({ records, keys }: DiskCopy): void {
    this.crash()
    this.disk.records.clear()
    for (const [key, record] of records) this.disk.records.set(key, record)
    this.#keys = new Map(keys)
    this.#ports.oracle.forgetDevice(this.name)
  }

  /** Ids of the stored conversations, oldest first. */
  ids(): string[] {
    return [...this.disk.records.values()].flatMap(({ record }) =>
      record.kind === 'head' ? record.sessionId : [],
    )
  }

  /** Reads all stored conversations directly, if anything was written since the last time. */
  readAll(): Promise<Texts> {
    const { records } = this.disk
    const state = [...records.values()].map(({ version }) => version).join()
    if (this.#lastRead?.state !== state) this.#lastRead = { state, texts: this.#readDisk() }
    return this.#lastRead.texts
  }

  async #readDisk(): Promise<Texts> {
    const { code } = this.#auditor
    const store = await this.#auditor.store
    const keys = new code.KeyVault(store, undefined)
    const texts = new Map<string, string[]>()
    for (const id of this.ids()) {
      const head = await code.findHead(store, id)
      const held = await keys.find(code.sessionOwner(id))
      if (!head || !held) throw new Violation(`${this.name} has no key for ${id}.`)
      const read = await code.readSession(store, held.key, head, 'all', Promise.resolve([]))
      if (read.isInconsistent || read.layout.lost.size > 0)
        throw new Violation(`${id} is damaged on ${this.name}.`)
      texts.set(
        id,
        read.snapshot.messages.map(({ text }) => text),
      )
    }
    return texts
  }

  /** Names of the newest manifests that this device has verified; null if the backup is not open. */
  async manifestsSeen(): Promise<string[] | null> {
    const { code } = this.#auditor
    const store = await this.#auditor.store
    const main = await code.createBackupState(store, new code.KeyVault(store, undefined)).read('main')
    return main && manifestsSeen(main)
  }
}
