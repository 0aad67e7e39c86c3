import sqlite3InitModule, { type Database } from '@sqlite.org/sqlite-wasm'
import type { ByteStore, OpenByteStore } from 'redux-voice-agent/storage'

/** The contract in SQL. */
export function sqliteStore(db: Database): ByteStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, value BLOB NOT NULL, updatedAt REAL);
    CREATE INDEX IF NOT EXISTS recordsByTime ON records (updatedAt, key) WHERE updatedAt IS NOT NULL`)

  const bytesAt = (key: string) =>
    (db.selectValue('SELECT value FROM records WHERE key = ?', key) ?? null) as Uint8Array | null
  const isEqual = (a: Uint8Array | null, b: Uint8Array | null) =>
    a === null || b === null ? a === b : a.length === b.length && a.every((byte, index) => byte === b[index])

  return {
    read: async ({ keys, ranges }) =>
      db.transaction(() => ({
        values: keys.map(bytesAt),
        ranges: ranges.map(
          ({ lower, upper, limit = -1, reverse }) =>
            db.selectObjects(
              `SELECT key, value FROM records WHERE key >= ? AND key < ? ORDER BY key ${reverse ? 'DESC' : 'ASC'} LIMIT ?`,
              [lower, upper, limit],
            ) as { key: string; value: Uint8Array }[],
        ),
      })),
    write: async ({ expect, remove, put }) =>
      db.transaction('IMMEDIATE', () => {
        if (!expect.every(({ key, value }) => isEqual(bytesAt(key), value))) return 'conflict'
        for (const one of remove) {
          const { lower, upper } = typeof one === 'string' ? { lower: one, upper: `${one}\0` } : one
          db.exec({ sql: 'DELETE FROM records WHERE key >= ? AND key < ?', bind: [lower, upper] })
        }
        for (const { key, value, updatedAt } of put)
          db.exec({ sql: 'REPLACE INTO records VALUES (?, ?, ?)', bind: [key, value, updatedAt] })
        return 'written'
      }),
    async readIndex({ limit, reverse, below = Number.MAX_SAFE_INTEGER, after }) {
      const [sign, order] = reverse ? ['<', 'DESC'] : ['>', 'ASC']
      const start = reverse ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER
      const from = after ?? { updatedAt: start, key: reverse ? '\u007f' : '' }
      return db.selectObjects(
        `SELECT updatedAt, key FROM records WHERE updatedAt < ? AND (updatedAt, key) ${sign} (?, ?)
         ORDER BY updatedAt ${order}, key ${order} LIMIT ?`,
        [below, from.updatedAt, from.key, limit],
      ) as { updatedAt: number; key: string }[]
    },
    close: () => db.close(),
  }
}

/** Opens SQLite in a worker, with its files in OPFS. A Web Lock around each operation lets several tabs share them. */
export const openSqlite: OpenByteStore = async (databaseName) => {
  const sqlite3 = await sqlite3InitModule()
  const lock = <T>(task: () => Promise<T>) =>
    navigator.locks.request(`sqlite:${databaseName}`, task) as Promise<T>
  const pool = await lock(async () => {
    const directory = `/sqlite/${encodeURIComponent(databaseName)}`
    const opened = await sqlite3.installOpfsSAHPoolVfs({ directory })
    opened.pauseVfs()
    return opened
  })
  const run = <T>(task: (store: ByteStore) => Promise<T>) =>
    lock(async () => {
      await pool.unpauseVfs()
      const db = new pool.OpfsSAHPoolDb('/records.db')
      try {
        return await task(sqliteStore(db))
      } finally {
        db.close()
        pool.pauseVfs()
      }
    })
  return {
    read: (query) => run((store) => store.read(query)),
    write: (batch) => run((store) => store.write(batch)),
    readIndex: (query) => run((store) => store.readIndex(query)),
    close() {},
  }
}
