import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDatabase } from 'db0'
import postgresql from 'db0/connectors/postgresql'
import { storeConformance } from 'redux-voice-agent/storage'
import { createStorage, type Storage } from 'unstorage'
import db0Driver from 'unstorage/drivers/db0'
import httpDriver from 'unstorage/drivers/http'
import redisDriver from 'unstorage/drivers/redis'
import { createStorageServer } from 'unstorage/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unstorageStore } from '../../recipes/unstorage-store.js'
import { type PostgresServer, startPostgres } from '../support/postgres.js'
import { createRedis, type RedisServer } from '../support/redis.js'

/** Runs the conformance cases with a storage that exists once its server runs. */
function testStores(storage: () => Storage): void {
  for (const { name, run } of storeConformance((databaseName) => unstorageStore(storage())(databaseName)))
    it(name, { timeout: 120_000 }, run)
}

describe('unstorage over HTTP', () => {
  const server = createServer(createStorageServer(createStorage()).handle)
  let storage: Storage
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    storage = createStorage({ driver: httpDriver({ base: `http://127.0.0.1:${port}` }) })
  })
  afterAll(() => void server.close())

  testStores(() => storage)
})

describe('unstorage on Redis', () => {
  let redis: RedisServer
  let storage: Storage
  beforeAll(async () => {
    redis = await createRedis()
    await redis.start()
    storage = createStorage({ driver: redisDriver({ url: redis.url, base: 'voice' }) })
  }, 120_000)
  afterAll(async () => {
    await storage.dispose()
    await redis.stop()
  })

  testStores(() => storage)

  it('reports failures while Redis is down, and counts nothing as saved', {
    timeout: 60_000,
  }, async () => {
    const own = createStorage({
      driver: redisDriver({ url: redis.url, base: 'down', maxRetriesPerRequest: 1 }),
    })
    const store = await unstorageStore(own)('db')
    await redis.kill()
    const put = [{ key: 'a', value: Uint8Array.of(1), updatedAt: 1 }]
    await expect(store.write({ expect: [], remove: [], put, durability: 'relaxed' })).rejects.toThrow()
    await expect(store.read({ keys: ['a'], ranges: [] })).rejects.toThrow()
    await redis.start()
    await expect(store.read({ keys: ['a'], ranges: [] })).resolves.toMatchObject({ values: [null] })
    await own.dispose()
  })
})

describe('unstorage on PostgreSQL', () => {
  let postgres: PostgresServer
  let storage: Storage
  const databases: { dispose?: () => Promise<void> | void }[] = []
  beforeAll(async () => {
    postgres = await startPostgres()
    const database = createDatabase(postgresql({ url: postgres.url }))
    databases.push(database)
    storage = createStorage({ driver: db0Driver({ database }) })
  }, 120_000)
  afterAll(async () => {
    await storage.dispose()
    for (const database of databases) await database.dispose?.()
    await postgres.stop()
  })

  testStores(() => storage)
})
