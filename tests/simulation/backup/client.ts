import type { StoredSession, VoiceStorage } from '../../../middleware/drivers/storage/ports.js'
import type { Backup } from '../../../src/lib/voice-agent/backup/create-backup.js'
import type { BackupSecret } from '../../../src/lib/voice-agent/backup/vault.js'
import type { Message } from '../../../store/index.js'
import type { Page } from '../browser.js'
import { codeOf } from '../storage/client.js'
import type { World } from '../world.js'
import { CANARY, type Oracle, type Texts } from './oracle.js'

/** A request of the user that has no answer yet. */
interface Request {
  label: string
}

export interface ClientPorts {
  world: World
  oracle: Oracle
  page: Page
  storage: VoiceStorage
  createBackup(): Backup
  /** Reads the device's disk directly. */
  readAll(): Promise<Texts>
  /** Called with each answer: `done`, or the code of an error or of a skipped session. */
  onAnswer(label: string, code: string): void
}

/** Uses the storage and the backup in one page, as an app does. */
export class Client {
  readonly ports: ClientPorts
  readonly requests = new Set<Request>()
  backup: Backup
  #session: StoredSession | null = null
  #opened: Promise<string> | null = null
  #queue: Promise<unknown> = Promise.resolve()

  constructor(ports: ClientPorts) {
    this.ports = ports
    this.backup = ports.createBackup()
  }

  /** Id of the conversation that the page has open. */
  get sessionId(): string | null {
    return this.#session?.head.id ?? null
  }

  /** Waits for an answer, which must arrive unless the page closes. Resolves with its code; `done` without an error. */
  async #ask(label: string, run: () => Promise<unknown>): Promise<string> {
    const { onAnswer, page, world } = this.ports
    const request = { label }
    this.requests.add(request)
    let code = 'done'
    try {
      const report = await run()
      const { skipped = [] } = (report ?? {}) as { skipped?: { code: string }[] }
      for (const each of skipped) onAnswer(label, each.code)
    } catch (error) {
      code = String(codeOf(error) ?? error)
    }
    this.requests.delete(request)
    world.log?.(`    ${page.name}: ${label} ${code}`)
    onAnswer(label, code)
    return code
  }

  create(secrets: readonly BackupSecret[]): Promise<string> {
    return this.#ask('create', () => this.backup.create(secrets))
  }

  unlock(secret: BackupSecret): Promise<string> {
    return this.#ask('unlock', () => this.backup.unlock(secret))
  }

  addSecret(secret: BackupSecret): Promise<string> {
    return this.#ask('addSecret', () => this.backup.addSecret(secret))
  }

  /** Notes everything that the device stored before a sync as backed up, once the sync is done. */
  sync(): Promise<string> {
    return this.#ask('sync', async () => {
      const before = new Map(await this.ports.readAll())
      const report = await this.backup.sync()
      for (const { id } of report.skipped) before.delete(id)
      for (const id of report.deleted) before.delete(id)
      this.ports.oracle.noteBackedUp(before)
      return report
    })
  }

  restore(): Promise<string> {
    return this.#ask('restore', () => this.backup.restore())
  }

  remove(id: string): Promise<string> {
    const { oracle } = this.ports
    return this.#ask('delete', async () => {
      oracle.noteDeletion(id)
      await this.backup.deleteSession(id)
      oracle.noteDeletion(id)
      oracle.deleted.add(id)
    })
  }

  /** Lists the ids of the backup's conversations. */
  async list(): Promise<readonly string[]> {
    let ids: string[] = []
    await this.#ask('list', async () => {
      ids = (await this.backup.list()).map(({ id }) => id)
    })
    return ids
  }

  startNewDevice(): Promise<string> {
    return this.#ask('startNewDevice', () => this.backup.startNewDevice())
  }

  forget(): Promise<string> {
    return this.#ask('forget', () => this.backup.forget())
  }

  /** True if the page has the backup's key. */
  async isOpen(): Promise<boolean> {
    let isOpen = false
    await this.#ask('status', async () => {
      isOpen = (await this.backup.status()) === 'open'
    })
    return isOpen
  }

  syncInBackground(): void {
    this.backup.syncAfterSaves({
      onSync: ({ skipped }) => {
        for (const { code } of skipped) this.ports.onAnswer('background sync', code)
      },
      onError: (error) => this.ports.onAnswer('background sync', String(codeOf(error) ?? error)),
    })
  }

  /** Closes the backup, also in the middle of an operation, and creates another one. */
  reopen(): void {
    const closing = this.backup
    this.backup = this.ports.createBackup()
    void this.#ask('close', () => closing.close())
  }

  /** Says something in a conversation, and keeps it open. Without an id, begins one. */
  say(id: string | null, count: number): void {
    this.#inTurn('say', async () => {
      const session = await this.#open(id)
      if (session) await this.#save(session, null, count)
    })
  }

  /** Begins another conversation under the id of one that was deleted, as after an import, or with a server that uses ids again. */
  reuse(id: string, count: number): void {
    this.#inTurn('say', async () => {
      await this.#release()
      const { page, world } = this.ports
      // Outside of the simulation, a new conversation cannot begin in the millisecond in which the other was deleted.
      await new Promise<void>((resolve) => world.setTimer(() => page.run(resolve), 1))
      this.#session = await this.#begin(id)
      const texts = await this.#save(this.#session, null, count)
      this.ports.oracle.noteReused(id, texts)
    })
  }

  /** Changes the text of an earlier message, as a slow tool's result does. */
  edit(id: string | null, index: number): void {
    this.#inTurn('edit', async () => {
      const session = id === null ? null : await this.#open(id)
      const { length } = session?.messages ?? []
      if (session && length > 0) await this.#save(session, index % length, 0)
    })
  }

  /** Lets others open the conversation. */
  leave(): void {
    this.#inTurn('leave', () => this.#release())
  }

  #inTurn(label: string, run: () => Promise<void>): void {
    this.#queue = this.#queue.then(() => this.#ask(label, run))
  }

  async #tabId(): Promise<string> {
    const { records, tab } = this.ports.storage
    this.#opened ??= records.open(() => {}).then(async () => (await tab.claim()).tabId)
    return this.#opened
  }

  /** Opens a conversation instead of the one before. */
  async #open(id: string | null): Promise<StoredSession | null> {
    if (this.#session && this.#session.head.id !== id) await this.#release()
    this.#session ??= id === null ? await this.#begin() : await this.#restore(id)
    return this.#session
  }

  async #begin(id = `${CANARY}-${this.ports.world.nextId()}`): Promise<StoredSession> {
    const tabId = await this.#tabId()
    const { world, storage } = this.ports
    await storage.records.create(id)
    return {
      head: {
        id,
        tabId,
        createdAt: world.now(),
        updatedAt: world.now(),
        connectionStatus: 'connected',
        conversationStatus: 'listening',
        startedAt: null,
        endedAt: null,
        reconnectAttempts: 0,
        messageCount: 0,
        title: `${CANARY} title`,
        outbox: [`${CANARY} waits on this device`],
      },
      messages: [],
      firstLoadedIndex: 0,
      revision: 0,
      _persist: { version: 1, rehydrated: true },
    }
  }

  async #restore(id: string): Promise<StoredSession | null> {
    await this.#tabId()
    return this.ports.storage.records.getItem(id)
  }

  async #release(): Promise<void> {
    const id = this.sessionId
    this.#session = null
    if (id !== null) await this.ports.storage.records.release(id)
  }

  #message(): Message {
    const { world } = this.ports
    const number = world.nextId()
    const text = `${CANARY} ${number}`
    return { id: `m${number}`, role: 'user', text, status: 'final', createdAt: world.now() }
  }

  /** Saves a conversation with new messages, and with another text of the one at `edited`. Resolves with the new texts. */
  async #save(session: StoredSession, edited: number | null, count: number): Promise<string[]> {
    const { oracle, readAll, storage, world } = this.ports
    const { head, firstLoadedIndex, revision } = session
    const texts = [...((await readAll()).get(head.id) ?? [])]
    let { messages } = session
    if (edited !== null) {
      const message = messages[edited] as Message
      const { text } = this.#message()
      oracle.retract(message.text)
      messages = messages.with(edited, { ...message, text })
      texts[firstLoadedIndex + edited] = text
    }
    const added = Array.from({ length: count }, () => this.#message())
    messages = [...messages, ...added]
    oracle.see(head.id, [...texts, ...added.map(({ text }) => text)])
    const messageCount = firstLoadedIndex + messages.length
    const next = { ...session, head: { ...head, updatedAt: world.now(), messageCount }, messages }
    this.#session = { ...next, revision: revision + 1 }
    await storage.records.setItem(head.id, this.#session)
    return added.map(({ text }) => text)
  }
}
