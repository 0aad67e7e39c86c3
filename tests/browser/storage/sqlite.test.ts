import { describe, expect, test } from 'vitest'
import { workerStore } from '../../../src/storage/stores.js'
import { createDeviceKeyProvider, storeConformance } from '../../../src/storage.js'
import { freshName } from './persisted-store.js'
import { openPage, openTalkingTab } from './voice-app.js'

const sqlite = workerStore(
  () => new Worker(new URL('./sqlite.worker.ts', import.meta.url), { type: 'module' }),
)

describe('SQLite in a worker, with its files in OPFS', () => {
  for (const { name, run } of storeConformance(sqlite)) test(name, { timeout: 120_000 }, run)
})

test('a conversation survives a reload in SQLite', async () => {
  const keyProvider = createDeviceKeyProvider({ databaseName: freshName('device-key') })
  const persistence = { databaseName: freshName('sqlite'), store: sqlite, keyProvider }
  const first = await openTalkingTab(persistence, 'teapot')
  expect(first.state().session).toMatchObject({ storage: 'persistent', error: null })
  await first.voiceAgent.dispose()
  const second = openPage(persistence)
  expect(await second.sessionManager.initialize()).toMatchObject({ conversation: 'restored' })
  expect(second.texts()).toEqual(['teapot'])
  await second.voiceAgent.dispose()
})
