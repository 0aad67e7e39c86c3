import { presignedStore, type SignRequest } from 'redux-voice-agent/backup'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createVoiceServer } from '../../../examples/voice-app/server/app.js'
import { createS3Signer } from '../../../examples/voice-app/server/s3-signer.js'
import { createSigner } from '../../recipes/backup-signer.js'
import { begin, join, ObjectStoreDouble } from '../../unit/backup/support.js'
import { type SwiftServer, startSwift } from '../support/swift.js'
import { playRound } from './rounds.js'

let swift: SwiftServer
let users = 0
beforeAll(async () => {
  swift = await startSwift()
}, 300_000)
afterAll(() => swift?.stop())

/** A store in a new user's folder. */
function openStore(bucket = swift.bucket) {
  const user = `user-${++users}`
  const sign = createSigner(bucket)
  return presignedStore({ sign: (request) => sign(user, request) })
}

it('puts, gets and deletes objects, and lists more than one page', { timeout: 120_000 }, async () => {
  const store = openStore()
  const names = Array.from({ length: 1_050 }, (_, index) => `object/a/${String(index).padStart(5, '0')}`)
  for (let from = 0; from < names.length; from += 25)
    await Promise.all(names.slice(from, from + 25).map((name) => store.put(name, Uint8Array.of(1, 2))))
  expect((await store.list('object/a/')).toSorted()).toEqual(names)
  expect(await store.list('object/b/')).toEqual([])
  expect(await openStore().list('object/')).toEqual([])
  expect(await store.get('object/a/00007')).toEqual(Uint8Array.of(1, 2))
  await store.delete('object/a/00007')
  await store.delete('object/a/00007')
  expect(await store.get('object/a/00007')).toBeNull()
})

it('accepts a URL only for its own method and object, and no other secret', async () => {
  await expect(
    openStore({ ...swift.bucket, secretAccessKey: 'wrong' }).put('object/a', Uint8Array.of(1)),
  ).rejects.toThrow('403')
  const sign = createSigner(swift.bucket)
  const url = new URL(await sign('ann', { method: 'GET', name: 'object/a' }))
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(403)
  url.pathname = url.pathname.replace('/ann/', '/bob/')
  expect((await fetch(url)).status).toBe(403)
  const bad: [string, SignRequest][] = [
    ['../bob', { method: 'GET', name: 'object/a' }],
    ['ann', { method: 'GET', name: '../bob/object/a' }],
    ['ann', { method: 'GET', name: '' }],
    ['ann', { method: 'POST' as 'PUT', name: 'object/a' }],
  ]
  for (const [user, request] of bad) await expect(sign(user, request)).rejects.toThrow(TypeError)
})

it("takes the objects of the example's page, whose server only signs", async () => {
  const folder = `user-${++users}`
  const server = createVoiceServer({ backupSigner: createS3Signer({ ...swift.bucket, folder }) })
  try {
    const store = presignedStore({
      async sign(request) {
        const headers = { 'content-type': 'application/json' }
        const reply = await server.inject({
          method: 'POST',
          url: '/api/backup/sign',
          headers,
          payload: { ...request },
        })
        return reply.payload
      },
    })
    const first = await begin(store)
    await first.say('s', ['a word', 'and another'])
    await first.engine.sync()
    const second = await join(store, 'second')
    expect(await second.engine.restore()).toMatchObject({ restored: ['s'], skipped: [] })
    expect(await second.texts('s')).toEqual(['a word', 'and another'])
    expect(await openStore().list('object/')).toEqual([])
  } finally {
    await server.close()
  }
})

it('restores conversations with identical bytes, and deletes their objects', {
  timeout: 120_000,
}, async () => {
  const store = openStore()
  const first = await begin(store)
  await first.say(
    's',
    Array.from({ length: 1_100 }, (_, index) => `word ${index}`),
    'My title',
  )
  await first.engine.sync()
  const second = await join(store, 'second')
  expect(await second.engine.restore()).toMatchObject({ restored: ['s'], skipped: [] })
  expect(await second.plainRecords('s')).toEqual(await first.plainRecords('s'))
  await second.engine.deleteSession('s')
  expect(await first.engine.sync()).toMatchObject({ deleted: ['s'] })
  expect(await store.list('object/')).toEqual([])
})

const rounds = Number(process.env.BACKUP_ROUNDS ?? 10)
const firstSeed = Number(process.env.BACKUP_SEED ?? 1)

it(`plays ${rounds} rounds behind a proxy that loses, alters, withholds and rolls back`, {
  timeout: 60_000 + rounds * 60_000,
}, async () => {
  const reported: Record<string, number> = {}
  for (let seed = firstSeed; seed < firstSeed + rounds; seed++) {
    const round = await playRound(seed, seed % 2 === 0, new ObjectStoreDouble(openStore()))
    for (const [code, count] of Object.entries(round.reported)) reported[code] = (reported[code] ?? 0) + count
  }
  console.log({ rounds, reported })
})
