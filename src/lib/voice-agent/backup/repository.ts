import { toBase64Url } from '../storage/records/record.js'
import { BackupError } from './backup-error.js'
import type { BackupState, MainState, StateChanges } from './backup-state.js'
import { type Head, type Remembered, readChains } from './chains.js'
import type { DeviceKey, DeviceKeys } from './device-key.js'
import { BACKUP_VERSION, createManifest, devicesPrefix, type Entry, type Place, skipOf } from './manifest.js'
import { type Merged, mergeEntries } from './merge.js'
import { type Bytes, fromText, type Objects } from './object-store.js'
import { type HashedObjects, hashedObjects } from './session-objects.js'
import { openVault, type Vault } from './vault.js'

/** Maximum entries in a manifest before they move into a separate list. */
const MAX_CHANGES = 32

export interface RepositoryPorts {
  objects: Objects
  state: BackupState
  devices: DeviceKeys
}

/** Changes of one save batch. */
export interface Batch {
  entries: readonly Entry[]
  /** Written together with the chain's state. */
  state: StateChanges
  /** Names of roots that the batch replaces. Deleted after the next batch, because a device may be reading them. */
  replaced?: readonly string[]
  /** Names of objects to delete as soon as the manifest is stored. */
  removed?: readonly string[]
}

/** Returns the state of a new device, which has no manifests. */
export const emptyState = (vault: string, raw: Bytes, device: string, seen: Remembered = {}): MainState => ({
  vault,
  raw: toBase64Url(raw),
  device,
  isListed: false,
  chain: [],
  base: null,
  changes: [],
  seen,
  pending: null,
  planned: [],
  garbage: [],
})

/**
 * The chains of all devices during one operation. Reads and verifies them, and appends to this device's own chain. A profile runs only
 * one operation at a time.
 */
export class Repository {
  readonly vault: Vault
  readonly hashed: HashedObjects
  readonly #ports: RepositoryPorts
  readonly #device: DeviceKey
  /** Objects that an upload planned and did not finish. */
  readonly #leftover: readonly string[]
  #main: MainState
  #others: Head[] = []

  private constructor(ports: RepositoryPorts, main: MainState, vault: Vault, device: DeviceKey) {
    this.#ports = ports
    this.#main = main
    this.#leftover = main.planned
    this.#device = device
    this.vault = vault
    this.hashed = hashedObjects(ports.objects, vault)
  }

  /** @throws BackupError `backup-locked` if no backup was opened in this profile */
  static async open(ports: RepositoryPorts): Promise<Repository> {
    const main = await ports.state.read('main')
    if (!main) throw new BackupError('backup-locked')
    const raw = fromText(main.raw)
    const vault = await openVault(main.vault, raw)
    raw.fill(0)
    const device = await ports.devices.find(main.device)
    // The browser deleted the key but kept the conversations. A chain can't continue without its key.
    if (!device) throw new BackupError('backup-locked')
    return new Repository(ports, main, vault, device)
  }

  get device(): string {
    return this.#device.id
  }

  /**
   * Reads and verifies the chains of all devices, and finishes an interrupted upload.
   *
   * @throws BackupError as `readChains`; `backup-forked` if another copy of this profile has continued its chain
   */
  async refresh(): Promise<void> {
    const { objects } = this.#ports
    const { pending, chain, seen } = this.#main
    const own = pending ? pending.previous : (chain[0] ?? null)
    const remembered: Remembered = own ? { ...seen, [this.device]: own } : seen
    const heads = await readChains(objects, this.vault, remembered)
    const newest = heads.find(({ device }) => device === this.device) ?? null
    const isOurs = newest === null || newest.hash === chain[0]?.hash || newest.seq === own?.seq
    if (!isOurs) {
      const detail = 'A copy of this profile has continued the backup. Call startNewDevice() in one of them.'
      throw new BackupError('backup-forked', detail)
    }
    this.#others = heads.filter((head) => head !== newest)
    const after = Object.fromEntries(this.#others.map(({ device, seq, hash }) => [device, { seq, hash }]))
    if (JSON.stringify(after) !== JSON.stringify(seen)) await this.#save({ seen: after })
    if (pending) await this.#finish()
  }

  /** Returns all sessions, merged from all devices. Call {@link refresh} first. */
  async readSessions(): Promise<Map<string, Merged>> {
    const lists = await Promise.all(
      this.#others.map(async ({ body: { base, changes } }) =>
        joinEntries(base === null ? [] : await this.#readBase(base), changes),
      ),
    )
    return mergeEntries([...lists.flat(), ...(await this.readOwnEntries())])
  }

  async readOwnEntries(): Promise<Entry[]> {
    return joinEntries((await this.#ports.state.read('base')) ?? [], this.#main.changes)
  }

  /** Records object names before they are put, so that they can be deleted if the upload does not finish. */
  async plan(names: readonly string[]): Promise<void> {
    await this.#save({ planned: [...this.#main.planned, ...names] })
  }

  /** Appends a manifest to this device's chain. */
  async publish({ entries, state, replaced = [], removed = [] }: Batch): Promise<void> {
    const { objects } = this.#ports
    if (!this.#main.isListed) await listDevice(objects, this.vault.id, this.#device)
    const [last = null] = this.#main.chain
    const seq = (last?.seq ?? 0) + 1
    const { base, changes, replacedBase } = await this.#fold(entries, state)
    const skip = this.#main.chain.find((place) => place.seq === skipOf(seq))?.hash ?? null
    const links = { seq, prev: last?.hash ?? null, skip }
    const { seen } = this.#main
    const { name, bytes, place } = await createManifest(this.vault, this.#device, links, {
      base,
      changes,
      seen,
    })
    const garbage = [
      ...this.#main.garbage,
      ...[...this.#leftover, ...removed].map((object) => ({ name: object, after: seq - 1 })),
      ...[...replaced, ...replacedBase].map((object) => ({ name: object, after: seq })),
    ]
    const isPath = (earlier: Place) => {
      let at = seq
      while (at > earlier.seq) at = skipOf(at)
      return at === earlier.seq
    }
    const chain = [place, ...this.#main.chain.filter(isPath)]
    const pending = { name, bytes: toBase64Url(bytes), previous: last }
    await this.#save({ isListed: true, base, changes, chain, pending, garbage, planned: [] }, state)
    await this.#finish()
  }

  /** Deletes objects that no manifest needs. Ignores failures, because the next operation tries again. */
  async collectGarbage(): Promise<void> {
    const { garbage, chain, pending } = this.#main
    const due = garbage.filter(({ after }) => after < (chain[0]?.seq ?? 0))
    if (pending || due.length === 0) return
    const deleted = new Set<string>()
    for (const { name } of due) {
      try {
        await this.hashed.delete(name)
        deleted.add(name)
      } catch {
        break
      }
    }
    await this.#save({ garbage: garbage.filter(({ name }) => !deleted.has(name)) })
  }

  /** Remembers the time whose changes are all in the backup, to show it to the user. */
  async noteSync(startedAt: number): Promise<void> {
    await this.#save({ syncedAt: startedAt })
  }

  /** Puts the manifest that is already in the state. The bytes are the same, so repeating it adds no second manifest. */
  async #finish(): Promise<void> {
    const { pending } = this.#main
    if (!pending) return
    await this.#ports.objects.put(pending.name, fromText(pending.bytes))
    await this.#save({ pending: null })
  }

  /** Adds entries to the changes. Too many move into a list, which later manifests only refer to. */
  async #fold(entries: readonly Entry[], state: StateChanges) {
    const { base } = this.#main
    const changes = joinEntries(this.#main.changes, entries)
    if (changes.length <= MAX_CHANGES) return { base, changes, replacedBase: [] }
    const all = joinEntries((await this.#ports.state.read('base')) ?? [], changes)
    const bytes = await this.hashed.encrypt(this.vault.manifestKey, {
      v: BACKUP_VERSION,
      kind: 'base',
      entries: all,
    })
    const name = await this.hashed.nameOf(bytes)
    await this.plan([name])
    await this.hashed.put(name, bytes)
    state.set('base', all)
    return { base: name, changes: [], replacedBase: base === null ? [] : [base] }
  }

  async #readBase(name: string): Promise<Entry[]> {
    const { v, kind, entries } = (await this.hashed.open(this.vault.manifestKey, name)) as unknown as {
      v: number
      kind: string
      entries: Entry[]
    }
    if (v > BACKUP_VERSION) throw new BackupError('backup-newer')
    if (kind !== 'base') throw new BackupError('backup-altered')
    return entries
  }

  async #save(changed: Partial<MainState>, state: StateChanges = new Map()): Promise<void> {
    const main = { ...this.#main, ...changed }
    await this.#ports.state.write(new Map([...state, ['main', main]]))
    this.#main = main
  }
}

/** Lists a device in the store, so that the others look for its manifests. */
export function listDevice(objects: Objects, vault: string, { id, publicKey }: DeviceKey): Promise<void> {
  return objects.put(devicesPrefix(vault) + id, new Uint8Array(publicKey.slice(0)))
}

/** Joins two lists. A later entry replaces an earlier one for the same session. */
function joinEntries(earlier: readonly Entry[], later: readonly Entry[]): Entry[] {
  return [...new Map([...earlier, ...later].map((entry) => [entry.id, entry])).values()]
}
