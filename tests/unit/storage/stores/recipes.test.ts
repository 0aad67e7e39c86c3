import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import sqlite3InitModule, { type Database } from '@sqlite.org/sqlite-wasm'
import { storeConformance } from 'redux-voice-agent/storage'
import { createStorage } from 'unstorage'
import { afterAll, describe, expect, it } from 'vitest'
import { sqliteStore } from '../../../recipes/sqlite-store.js'
import { unstorageStore } from '../../../recipes/unstorage-store.js'

const root = resolve(import.meta.dirname, '../../../..')
const page = readFileSync(join(root, 'docs/guides/custom-store.md'), 'utf8')

it.each(['sqlite-store.ts', 'unstorage-store.ts'])('the guide shows %s as tested', (name) => {
  expect(page).toContain(`\`\`\`ts\n${readFileSync(join(root, 'tests/recipes', name), 'utf8')}\`\`\``)
})

describe('SQLite, in memory', async () => {
  const sqlite3 = await sqlite3InitModule()
  const databases = new Map<string, Database>()
  afterAll(() => {
    for (const db of databases.values()) db.close()
  })
  const open = (name: string) => {
    const db = databases.get(name) ?? new sqlite3.oo1.DB(':memory:')
    databases.set(name, db)
    // The in-memory database must stay open.
    return { ...sqliteStore(db), close() {} }
  }
  for (const { name, run } of storeConformance(open)) it(name, run)
})

describe('unstorage, in memory', () => {
  for (const { name, run } of storeConformance(unstorageStore(createStorage()))) it(name, run)
})
