import { openDB } from 'idb'
import { expect, onTestFinished } from 'vitest'
import type { AgentStorage } from '../../../middleware/drivers/storage/ports.js'
import { createStorage, type StorageOptions } from '../../../src/lib/voice-agent/storage/index.js'
import { realmName, slotPrefix } from '../../../src/lib/voice-agent/storage/tabs/session-storage.js'
import type { StorageStatus, VoiceError } from '../../../store/index.js'

import { type SnapshotOptions, snapshotOf } from './snapshots.js'

export interface OpenStorage extends AgentStorage {
  databaseName: string
  statuses: [StorageStatus, VoiceError | null][]
  /** Simulates a reload: the page goes away, but its tab's sessionStorage and the database stay. */
  reload(options?: StorageOptions): Promise<OpenStorage>
}

/** Name of an entry in this page's sessionStorage. These tests run in a frame. */
export const entryName = (databaseName: string, name: string) => slotPrefix(databaseName, realmName()) + name

/** Names of a database's entries in sessionStorage. */
export const entriesOf = (databaseName: string) =>
  Object.keys(sessionStorage).filter((key) => key.startsWith(`redux-voice-agent:${databaseName}:`))

let count = 0

/** Opens a storage with its own database. */
export async function openStorage(options: StorageOptions = {}): Promise<OpenStorage> {
  const databaseName = options.databaseName ?? `test-${Date.now()}-${count++}`
  const storage = createStorage({ restore: 'all', ...options, databaseName })
  const statuses: OpenStorage['statuses'] = []
  await storage.records.open((status, error) => statuses.push([status, error]))
  const leave = async () => {
    storage.tab.release()
    await storage.records.close()
  }
  onTestFinished(leave)
  return {
    ...storage,
    databaseName,
    statuses,
    async reload(changed) {
      await leave()
      return openStorage({ ...options, ...changed, databaseName })
    },
  }
}

/** Stores a session, and releases it. */
export async function storeSession(storage: OpenStorage, options: SnapshotOptions = {}): Promise<void> {
  const { id = 's1' } = options
  await storage.records.create(id)
  await storage.records.setItem(id, snapshotOf({ ...options, id }))
  await storage.records.release(id)
}

type RawRecord = Record<string, unknown> & { iv?: ArrayBuffer; data?: ArrayBuffer }

/** The raw sessions, keys and values, read without the engine. Skips records that only track their age. */
export async function rawRecords(databaseName: string): Promise<Map<string, RawRecord>> {
  const db = await openDB(databaseName)
  try {
    const keys = await db.getAllKeys('records')
    const values = await db.getAll('records')
    const all = keys.map((key, index) => [String(key), values[index] as RawRecord] as const)
    return new Map(
      all.filter(([key]) => key !== 'meta/expiry' && key !== 'meta/birth' && !key.startsWith('kept/')),
    )
  } finally {
    db.close()
  }
}

export async function putRaw(databaseName: string, key: string, record: RawRecord): Promise<void> {
  const db = await openDB(databaseName)
  await db.put('records', record, key)
  db.close()
}

export async function getRaw(databaseName: string, key: string): Promise<RawRecord | undefined> {
  const db = await openDB(databaseName)
  const record: RawRecord | undefined = await db.get('records', key)
  db.close()
  return record
}

const DAY_MS = 86_400_000

/** Writes the proof that a session is expired: another page saw that two days ago, with a clock that never jumped. */
export async function proveAge(databaseName: string, before: number): Promise<void> {
  const now = Date.now()
  const mark = { at: now - 2 * DAY_MS, before, page: 'an earlier page', from: null }
  const record = { v: 1, kind: 'meta', name: 'expiry', lastSeen: now, highest: now, sinceJump: now, mark }
  await putRaw(databaseName, 'meta/expiry', record)
}

export async function deleteRaw(databaseName: string, key: string): Promise<void> {
  const db = await openDB(databaseName)
  await db.delete('records', key)
  db.close()
}

/** Returns a copy with one bit flipped. @param at Counted from the end if negative. */
export function flipByte(bytes: ArrayBuffer | undefined, at = 5): ArrayBuffer {
  const copy = new Uint8Array(bytes?.slice(0) ?? [])
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy.buffer
}

/** A record's bytes as text, to search them or compare them with others. */
export function textOf(record: RawRecord | undefined): string {
  return JSON.stringify(record, (_name, value: unknown) =>
    value instanceof ArrayBuffer ? new TextDecoder('latin1').decode(value) : value,
  )
}

/** Blocks all other writes to the database until the returned function is called. */
export async function occupy(databaseName: string): Promise<() => void> {
  const db = await openDB(databaseName)
  const transaction = db.transaction('records', 'readwrite')
  let isOccupied = true
  const stayAlive = async () => {
    while (isOccupied) await transaction.store.get('nothing')
    db.close()
  }
  void stayAlive()
  return () => {
    isOccupied = false
  }
}

/** The session as it is read from that snapshot, however its key is protected. */
export const storedOf = (options: SnapshotOptions) => ({
  ...snapshotOf(options),
  keyProtection: expect.toBeOneOf(['plain', 'wrapped']),
})
