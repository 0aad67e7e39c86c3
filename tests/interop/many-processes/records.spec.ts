import { ApiError } from '../../../examples/voice-app/server/errors.js'
import { createNeighbours } from '../../../examples/voice-app/server/neighbours.js'
import { createRedisStore } from '../../../examples/voice-app/server/redis-store.js'
import { emptyMemory, type SessionStore } from '../../../examples/voice-app/server/session-store.js'
import { createSessions } from '../../../examples/voice-app/server/sessions.js'
import { createTokens } from '../../../examples/voice-app/server/tokens.js'
import { test as base, expect } from './fixtures.js'

const leaseSeconds = 0.6
const id = '0b7e3c1a-5d2f-4a86-9c11-2f6d8e4b7a90'
const [a, b] = ['a', 'b'].map((id) => ({ id, url: `http://${id}` })) as [Address, Address]
const remembering = (text: string) => ({ ...emptyMemory(), history: [{ role: 'user' as const, text }] })

type Address = { id: string; url: string }

const test = base.extend<{ store: SessionStore }>({
  store: async ({ redis }, use) => {
    const store = createRedisStore({ url: redis.url, resumeSeconds: 60, leaseSeconds })
    // The connection is made in the background.
    await expect(() => store.has(id)).toPass()
    await use(store)
    await store.close()
  },
})

/** @throws Error if another process has the session */
async function claimed(store: SessionStore, process: Address) {
  const claim = await store.claim(id, process)
  if ('owner' in claim) throw new Error(`Process ${claim.owner.id} has the session.`)
  return claim
}

test('a session belongs to one process, and is free with its memory after a release', async ({ store }) => {
  const [first, second] = await Promise.all([store.claim(id, a), store.claim(id, b)])
  expect([first, second].filter((claim) => 'owner' in claim)).toHaveLength(1)
  const owner = 'epoch' in first ? a : b
  const other = 'epoch' in first ? b : a
  const { epoch } = await claimed(store, owner)
  expect(await store.ownerOf(id)).toMatchObject(owner)
  await store.release(id, epoch, remembering('Hi'))
  expect(await store.ownerOf(id)).toBeNull()
  expect((await claimed(store, other)).memory).toEqual(remembering('Hi'))
})

test('a process that was suspended for longer than its lease overwrites nothing', async ({ store }) => {
  const stopped = await claimed(store, a)
  await store.save(id, stopped.epoch, remembering('Before'))
  await expect.poll(() => store.ownerOf(id)).toEqual({ ...a, leaseMs: 0 })
  const next = await claimed(store, b)
  expect(next.memory).toEqual(remembering('Before'))
  await store.save(id, next.epoch, remembering('After'))

  expect(await store.save(id, stopped.epoch, remembering('Late'))).toBe('lost')
  expect(await store.renew(id, stopped.epoch, a)).toBe('lost')
  await store.release(id, stopped.epoch, remembering('Late'))
  expect(await store.ownerOf(id)).toMatchObject(b)
  await store.release(id, next.epoch, null)
  expect((await claimed(store, a)).memory).toEqual(remembering('After'))
})

test('the call of a process that was suspended for longer than its lease ends when it resumes', async ({
  store,
}) => {
  const secret = new TextEncoder().encode('one secret')
  const sessions = createSessions({
    store,
    neighbours: createNeighbours(secret, () => {
      throw new Error('No request comes.')
    }),
  })
  let losses = 0
  let epoch = 0
  const { claim } = store
  store.claim = async (...args) => {
    const claimed = await claim(...args)
    if ('epoch' in claimed) epoch = claimed.epoch
    return claimed
  }
  const held = await sessions.claim(id, null, () => losses++)
  held.save(remembering('Hi'))
  // The record says that its lease has expired, and another process claims the session.
  await store.release(id, epoch, null)
  await claimed(store, b)
  await expect.poll(() => losses).toBe(1)
})

test('a record that Redis has lost is recreated, and a process that claimed it meanwhile keeps it', async ({
  redis,
  store,
}) => {
  const { epoch } = await claimed(store, a)
  await redis.kill()
  await redis.start()
  await expect(async () => expect(await store.save(id, epoch, remembering('Hi'))).toBe('empty')).toPass()
  expect(await store.renew(id, epoch, a)).toBe('empty')
  expect(await store.save(id, epoch, remembering('Hi'))).toBe('held')
  expect(await store.renew(id, epoch, a)).toBe('held')

  await redis.kill()
  await redis.start()
  await expect(() => store.has(id)).toPass()
  const next = await claimed(store, b)
  expect(await store.renew(id, epoch, a)).toBe('lost')
  expect(await store.renew(id, next.epoch, b)).toBe('empty')
})

test('every process accepts a token from every other, and no internal request from a client', async ({
  voice,
}) => {
  const [one, two] = voice.processes.map(({ port }) => `http://127.0.0.1:${port}/api/voice-agent`)
  const issued = await fetch(`${one}/token`, { method: 'POST' })
  const { token } = (await issued.json()) as { token: string }
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const body = JSON.stringify({ pc_id: 'pc-1', candidates: [] })
  const reply = await fetch(`${two}/offer`, { method: 'PATCH', headers, body })
  expect({ status: reply.status, body: await reply.json() }).toMatchObject({
    status: 404,
    body: { error: { code: 'pc_unknown' } },
  })
})

test('internal routes accept no client token', async () => {
  const secret = new TextEncoder().encode('one secret')
  const routes = {
    release: () => Promise.reject(new Error('It must be refused.')),
    restart: () => Promise.reject(new Error('It must be refused.')),
    addCandidates: () => Promise.reject(new Error('It must be refused.')),
  }
  const asIs = (error: Error) => (error instanceof ApiError ? error : new ApiError(500, 'internal', ''))
  const [own, other] = [createNeighbours(secret, asIs), createNeighbours(secret, asIs)]
  await own.listen('127.0.0.1', 0, routes)
  const { token } = await createTokens({ secret, ttlSeconds: 60, now: Date.now }).issue(id)
  const reply = await fetch(`${own.url()}/internal/release`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ sessionId: id, pcId: null }),
  })
  expect(reply.status).toBe(401)
  await expect(other.release(own.url(), { sessionId: id, pcId: null })).rejects.toMatchObject({ status: 500 })
  await own.close()
})
