import { toVoiceError, VoiceAgentError } from '../../../../store/index.js'
import { versionOf } from '../storage/records/record.js'
import { listHeads } from '../storage/sessions/list-sessions.js'
import type { EncryptedHead } from '../storage/sessions/session-reader.js'
import { BackupError } from './backup-error.js'
import {
  groupPart,
  type MainState,
  type SessionState,
  type StateChanges,
  sessionPart,
  stateOf,
} from './backup-state.js'
import type { SessionPorts } from './local-sessions.js'
import type { Entry } from './manifest.js'
import { includes, type Merged } from './merge.js'
import { fromText } from './object-store.js'
import { emptyState, listDevice, Repository, type RepositoryPorts } from './repository.js'
import { type BackupRestoreReport, restoreSession, type SkippedSession } from './restore-session.js'
import { applyDeletion, deleteSession } from './session-deletion.js'
import { uploadSession } from './upload-session.js'
import { addWraps, type BackupSecret, createVaultId, listVaults, unwrapWith } from './vault.js'

export interface EnginePorts extends RepositoryPorts, SessionPorts {
  /** Runs one operation at a time, across all tabs of the profile. */
  lock<T>(task: () => Promise<T>): Promise<T>
}

/** Result of a sync. */
export interface SyncReport {
  /** Ids of sessions whose new messages or other changes are now in the backup. */
  uploaded: string[]
  /** Ids of sessions deleted on another device, and now on this one. */
  deleted: string[]
  /** Sessions that were not uploaded or deleted. The next sync tries again. */
  skipped: SkippedSession[]
}

/** A session in the backup. Times are milliseconds since the epoch. */
export interface BackupSession {
  id: string
  createdAt: number
  updatedAt: number
  messageCount: number
  title?: string
  recoveredFrom?: string
  /** True if this browser has it too, in this or another version. */
  isHere: boolean
}

/** Called as an operation proceeds from conversation to conversation. */
export type OnProgress = (done: number, total: number) => void

const codeOf = (error: unknown): SkippedSession['code'] =>
  error instanceof BackupError ? error.code : toVoiceError(error, 'session-unreadable').code

/** A failure of the object store or the local storage affects all sessions, not just one. */
const isGeneral = (error: unknown) =>
  (error instanceof BackupError && error.code === 'backup-unreachable') ||
  (error instanceof VoiceAgentError && error.code.startsWith('storage-'))

/** Returns a function that runs a task for one session. If it fails only for this session, adds it to the report's skipped ones. */
const skippingInto =
  ({ skipped }: Pick<SyncReport, 'skipped'>) =>
  async (id: string, task: () => Promise<void>): Promise<void> => {
    try {
      await task()
    } catch (error) {
      if (isGeneral(error)) throw error
      skipped.push({ id, code: codeOf(error) })
    }
  }

/** A backup's operations, on open ports. */
export class BackupEngine {
  readonly #ports: EnginePorts

  constructor(ports: EnginePorts) {
    this.#ports = ports
  }

  async isOpen(): Promise<boolean> {
    return (await this.#ports.state.read('main')) !== null
  }

  /** Checks whether the store has a backup, which may be one that another device made. @throws BackupError `backup-unreachable` */
  async exists(): Promise<boolean> {
    return (await listVaults(this.#ports.objects)).length > 0
  }

  /** Start of the last sync that skipped no session, in ms since the epoch; null before the first one. */
  async syncedAt(): Promise<number | null> {
    return (await this.#ports.state.read('main'))?.syncedAt ?? null
  }

  /** Creates a backup. @throws BackupError `backup-exists`, `backup-unsupported`, `backup-code-mistyped`, `backup-unreachable` */
  create(secrets: readonly BackupSecret[], iterations?: number): Promise<void> {
    return this.#ports.lock(async () => {
      const { objects } = this.#ports
      const assertFree = async (own?: string) => {
        if ((await listVaults(objects)).some((vault) => vault !== own)) throw new BackupError('backup-exists')
      }
      // A store that hides the backup must not make this browser forget it.
      if (await this.isOpen()) throw new BackupError('backup-exists')
      await assertFree()
      const vault = createVaultId()
      const raw = crypto.getRandomValues(new Uint8Array(32))
      // Created first, because a browser that can't sign must leave nothing in the store.
      const device = await this.#ports.devices.create()
      try {
        await addWraps(objects, vault, raw, secrets, iterations)
      } catch (error) {
        // The answer may have been lost.
        if (!(await listVaults(objects)).includes(vault)) throw error
      }
      // Another device may have created a backup meanwhile. Then no device uses this vault.
      await assertFree(vault)
      await this.#begin(new Map([['main', emptyState(vault, raw, device.id)]]))
      raw.fill(0)
      // Shows that the vault is in use. If this fails, the first sync repeats it.
      await listDevice(objects, vault, device).catch(() => {})
    })
  }

  /** Opens a backup in this profile, as a new device. Does nothing if it is already open. */
  unlock(secret: BackupSecret): Promise<void> {
    return this.#ports.lock(async () => {
      const { vault, raw } = await unwrapWith(this.#ports.objects, secret)
      const main = await this.#ports.state.read('main')
      if (main?.vault === vault) {
        if (await this.#ports.devices.find(main.device)) return
        // Keeps what this profile has seen, or a store could now show it an older state.
        await this.#replaceDevice(main)
        return (await Repository.open(this.#ports)).refresh()
      }
      const device = await this.#ports.devices.create()
      const changes: StateChanges = new Map([['main', emptyState(vault, raw, device.id)]])
      raw.fill(0)
      // Verified first, because it replaces the state of a backup that is open in this profile.
      await (await Repository.open({ ...this.#ports, state: stateOf(changes) })).refresh()
      await this.#begin(changes)
    })
  }

  addSecret(secret: BackupSecret, iterations?: number): Promise<void> {
    return this.#ports.lock(async () => {
      const main = await this.#ports.state.read('main')
      if (!main) throw new BackupError('backup-locked')
      const raw = fromText(main.raw)
      await addWraps(this.#ports.objects, main.vault, raw, [secret], iterations)
      raw.fill(0)
    })
  }

  /** Removes the backup's state from this profile. */
  forget(): Promise<void> {
    return this.#ports.lock(() => this.#ports.state.clear())
  }

  async #begin(changes: StateChanges): Promise<void> {
    await this.#ports.state.clear()
    await this.#ports.state.write(changes)
  }

  /** Continues with a new device key, because a copy of this profile uses the old one. */
  startNewDevice(): Promise<void> {
    return this.#ports.lock(async () => {
      const main = await this.#ports.state.read('main')
      if (!main) throw new BackupError('backup-locked')
      await this.#replaceDevice(main)
    })
  }

  async #replaceDevice(main: MainState): Promise<void> {
    const { state, devices, store } = this.#ports
    const known = main.pending ? main.pending.previous : main.chain[0]
    const seen = known ? { ...main.seen, [main.device]: known } : main.seen
    const { id } = await devices.create()
    const changes: StateChanges = new Map([
      ['main', { ...emptyState(main.vault, fromText(main.raw), id, seen) }],
      ['base', null],
    ])
    // Marks sessions as due, because an unfinished upload is in no manifest.
    for (const { sessionId } of await listHeads(store, {})) {
      const session = await state.read(sessionPart(sessionId))
      if (session) changes.set(sessionPart(sessionId), { ...session, isDue: true })
    }
    await state.write(changes)
  }

  async list(): Promise<BackupSession[]> {
    return this.#ports.lock(async () => {
      const { sessions } = await this.#open()
      const here = new Set((await listHeads(this.#ports.store, {})).map(({ sessionId }) => sessionId))
      return [...sessions.values()]
        .flatMap(({ versions: [newest] }) => newest ?? [])
        .sort((a, b) => b.updatedAt - a.updatedAt)
        .map(({ clock: _clock, root: _root, head: _head, ...session }) => ({
          ...session,
          isHere: here.has(session.id),
        }))
    })
  }

  /** Deletes sessions that other devices deleted, and uploads local changes since the last sync. */
  sync(onProgress: OnProgress = () => {}): Promise<SyncReport> {
    return this.#ports.lock(async () => {
      const { repository, sessions } = await this.#open()
      const report: SyncReport = { uploaded: [], deleted: [], skipped: [] }
      const skipFailed = skippingInto(report)
      const batch = {
        entries: [] as Entry[],
        state: new Map() as StateChanges,
        replaced: [] as string[],
        removed: [] as string[],
      }
      const own = new Map((await repository.readOwnEntries()).map((entry) => [entry.id, entry]))
      for (const [id, session] of sessions)
        if (session.deletedAt !== null)
          await skipFailed(id, () => applyDeletion(this.#ports, id, session, own.get(id), batch, report))
      // Changes that are saved from here on may be missing.
      const startedAt = Date.now()
      const heads = await listHeads(this.#ports.store, {})
      for (const [index, head] of heads.entries()) {
        onProgress(index, heads.length)
        const session = sessions.get(head.sessionId)
        if (session && session.deletedAt !== null) continue
        await skipFailed(head.sessionId, () => this.#upload(repository, head, session, batch, report))
      }
      if (batch.entries.length + batch.removed.length + batch.state.size > 0) await repository.publish(batch)
      await repository.collectGarbage()
      if (report.skipped.length === 0) await repository.noteSync(startedAt)
      return report
    })
  }

  /**
   * Restores sessions that are not in this browser, and messages that another device added.
   *
   * @param ids Sessions to restore. @default all
   */
  restore(ids?: readonly string[], onProgress: OnProgress = () => {}): Promise<BackupRestoreReport> {
    return this.#ports.lock(async () => {
      const { repository, sessions } = await this.#open()
      const report: BackupRestoreReport = { restored: [], updated: [], copied: [], skipped: [] }
      const skipFailed = skippingInto(report)
      const wanted = ids ?? [...sessions.keys()].filter((id) => sessions.get(id)?.deletedAt === null)
      for (const [index, id] of wanted.entries()) {
        onProgress(index, wanted.length)
        await skipFailed(id, async () => {
          if (sessions.get(id)?.deletedAt !== null) throw new BackupError('backup-session-missing')
          await restoreSession(this.#ports, repository, id, sessions, report)
        })
      }
      return report
    })
  }

  /** Deletes a session here and in the backup. Other devices delete it when they sync. */
  deleteSession(id: string): Promise<void> {
    return this.#ports.lock(async () => {
      const { repository, sessions } = await this.#open()
      await deleteSession(this.#ports, repository, id, sessions.get(id))
    })
  }

  async #open() {
    const repository = await Repository.open(this.#ports)
    await repository.refresh()
    return { repository, sessions: await repository.readSessions() }
  }

  async #upload(
    repository: Repository,
    { sessionId: id, ...header }: EncryptedHead,
    session: Merged | undefined,
    batch: { entries: Entry[]; state: StateChanges; replaced: string[] },
    report: SyncReport,
  ): Promise<void> {
    const { state, store, keys } = this.#ports
    const known = await state.read(sessionPart(id))
    if (known && known.image.head === versionOf(header) && !known.isDue) return
    const { vault, hashed, device } = repository
    const ports = { store, keys, vault, hashed, plan: (names: readonly string[]) => repository.plan(names) }
    const collected = await uploadSession(ports, id, known?.image ?? null, (group) =>
      state.read(groupPart(id, group)),
    )
    if (!collected) return
    const { image, groups, head, title, replaced } = collected
    // True if the backup has this version although this device does not remember it.
    const isSame = session?.versions.some((version) => version.head === image.head) ?? false
    const before = known?.clock ?? (isSame ? (session?.clock ?? {}) : {})
    const clock = { ...before, [device]: (before[device] ?? 0) + 1 }
    const { createdAt, updatedAt, messageCount, recoveredFrom } = head
    batch.entries.push({
      id,
      clock,
      root: image.root,
      head: image.head,
      createdAt,
      updatedAt,
      messageCount,
      ...(title === undefined ? {} : { title }),
      ...(recoveredFrom === undefined ? {} : { recoveredFrom }),
    })
    const next: SessionState = {
      clock,
      image,
      isDue: false,
      replaced: [...(known?.replaced ?? []), ...replaced],
    }
    batch.state.set(sessionPart(id), next)
    for (const [index, group] of groups) batch.state.set(groupPart(id, index), group)
    // Versions that this one is based on are no longer needed, whichever device they are from.
    for (const version of session?.versions ?? [])
      if (version.root !== null && includes(clock, version.clock)) batch.replaced.push(version.root)
    report.uploaded.push(id)
  }
}
