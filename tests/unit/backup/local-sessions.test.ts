import { expect, test } from 'vitest'
import { writeSession } from '../../../src/lib/voice-agent/backup/local-sessions.js'
import type { RecordStore } from '../../../src/lib/voice-agent/storage/database/record-store.js'
import { KeyVault } from '../../../src/lib/voice-agent/storage/keys/key-vault.js'
import {
  createIv,
  decrypt,
  encrypt,
  generateRecordKey,
} from '../../../src/lib/voice-agent/storage/records/cipher.js'
import {
  type EncryptedRecord,
  type HeadHeader,
  headKey,
  keyRecordKey,
  type StoredRecord,
  sessionOwner,
  versionOf,
} from '../../../src/lib/voice-agent/storage/records/record.js'
import { createMapStore } from '../storage/map-store.js'

const owner = sessionOwner('s')
const header: Omit<HeadHeader, 'version'> = {
  v: 2,
  kind: 'head',
  sessionId: 's',
  schema: 1,
  tabId: 'tab',
  createdAt: 1,
  updatedAt: 1,
  messageCount: 0,
  revision: 1,
  segmentCount: 0,
}
const data = new TextEncoder().encode('{"head":{"title":"a secret"}}').buffer

async function restoreInto(store: RecordStore) {
  const usages: KeyUsage[] = ['wrapKey', 'unwrapKey']
  const wrapping = await crypto.subtle.generateKey({ name: 'AES-KW', length: 256 }, false, usages)
  const keys = new KeyVault(store, async () => wrapping)
  const ownership = { acquire: async () => true, release: async () => {} }
  const head = { ...header, iv: createIv(), data }
  await writeSession({ store, keys, ownership, announce() {} }, 's', { head, records: [] })
  return { keys, head }
}

test('a session that has lost its head, but not its key, is restored', async () => {
  const store = createMapStore()
  const key: StoredRecord = { v: 2, kind: 'key', owner, updatedAt: 1, key: await generateRecordKey(false) }
  await store.write(new Map<string, StoredRecord>([[keyRecordKey(owner), key]]))
  const { keys } = await restoreInto(store)
  const held = await keys.find(owner)
  const stored = (await store.get(headKey('s'))) as EncryptedRecord
  expect(held && (await decrypt(held.key, stored))).toEqual({ head: { title: 'a secret' } })
})

test('a restore encrypts nothing with a plain key if there is a provider, because other code may have planted it', async () => {
  const store = createMapStore()
  const planted = await generateRecordKey(true)
  const key: StoredRecord = { v: 2, kind: 'key', owner, updatedAt: 1, key: planted }
  const forged = await encrypt(planted, header, { head: {} })
  await store.write(
    new Map<string, StoredRecord>([
      [keyRecordKey(owner), key],
      [headKey('s'), forged],
    ]),
  )

  const { keys, head } = await restoreInto(store)
  const stored = (await store.get(headKey('s'))) as EncryptedRecord
  expect(versionOf(stored)).toBe(versionOf(head))
  await expect(decrypt(planted, stored)).rejects.toMatchObject({ code: 'session-unreadable' })
  const held = await keys.find(owner)
  expect(held?.protection).toBe('wrapped')
  expect(held && (await decrypt(held.key, stored))).toEqual({ head: { title: 'a secret' } })
})
