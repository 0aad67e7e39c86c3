import { storeConformance } from 'redux-voice-agent/storage'
import { type KeyValueAccess, keyValueStore } from 'redux-voice-agent/storage/stores'
import { describe, expect, it } from 'vitest'

function accessTo(values: Map<string, Uint8Array>): KeyValueAccess {
  return {
    get: async (key) => values.get(key)?.slice(),
    set: async (key, value) => void values.set(key, value.slice()),
    remove: async (key) => void values.delete(key),
    keys: async (prefix) => [...values.keys()].filter((key) => key.startsWith(prefix)),
  }
}

const values = new Map<string, Uint8Array>()
describe('a key-value store', () => {
  for (const { name, run } of storeConformance(keyValueStore(() => accessTo(values)))) it(name, run)

  it('leaves nothing except what is stored', () => {
    expect([...values.keys()]).toEqual([])
  })
})

const text = (bytes: Uint8Array | null | undefined) => bytes && new TextDecoder().decode(bytes)
const put = (key: string, value: string, updatedAt: number) => ({
  key,
  value: new TextEncoder().encode(value),
  updatedAt,
})

/** The store's whole content, as one string. */
async function contents(held: Map<string, Uint8Array>) {
  const store = await keyValueStore(() => accessTo(held))('db')
  const { ranges } = await store.read({ keys: [], ranges: [{ lower: '', upper: '~' }] })
  const index = await store.readIndex({ limit: 10 })
  return JSON.stringify([ranges[0]?.map(({ key, value }) => [key, text(value)]), index])
}

/** Does one write whose n-th call to the simple store fails: with all later ones (`stops`), or alone (`fails`). */
async function writeWith(fault: 'stops' | 'fails', at: number) {
  const held = new Map<string, Uint8Array>()
  const before = {
    expect: [],
    remove: [],
    durability: 'relaxed' as const,
    put: [put('a', '1', 1), put('b', '1', 2)],
  }
  await (await keyValueStore(() => accessTo(held))('db')).write(before)
  const old = await contents(held)
  let calls = 0
  const sound = accessTo(held)
  const guard =
    <Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
    (...args: Args): Promise<Result> => {
      calls++
      const isBroken = fault === 'stops' ? calls >= at : calls === at
      return isBroken ? Promise.reject(new Error('broken')) : method(...args)
    }
  const broken: KeyValueAccess = {
    get: guard(sound.get),
    set: guard(sound.set),
    remove: guard(sound.remove),
    keys: guard(sound.keys),
  }
  const batch = { ...before, remove: ['b'], put: [put('a', '2', 3), put('c', '2', 4)] }
  const answer = await Promise.resolve(keyValueStore(() => broken)('db'))
    .then((store) => store.write(batch))
    .catch(() => 'rejected')
  return { answer, old, calls, now: await contents(held) }
}

it.each(['stops', 'fails'] as const)(
  'a write is applied completely or not at all, whichever call %s',
  async (fault) => {
    const sound = await writeWith('fails', Number.POSITIVE_INFINITY)
    expect(sound.answer).toBe('written')
    expect(sound.calls).toBeGreaterThan(12)
    const outcomes = new Set<string>()
    for (let at = 1; at <= sound.calls; at++) {
      const { answer, old, now } = await writeWith(fault, at)
      expect([old, sound.now]).toContain(now)
      if (answer === 'written') expect(now).toBe(sound.now)
      outcomes.add(`${answer}, ${now === old ? 'nothing' : 'everything'}`)
    }
    expect(outcomes).toContain('rejected, nothing')
  },
)

it('a write that fails and cannot be undone reports why it failed', async () => {
  const sound = accessTo(new Map())
  let isOffline = false
  const store = await keyValueStore(() => ({
    ...sound,
    async set(key, value) {
      if (key === 'db.e.b') {
        isOffline = true
        throw new DOMException('The disk is full.', 'QuotaExceededError')
      }
      await sound.set(key, value)
    },
    async remove(key) {
      if (isOffline) throw new Error('offline')
      await sound.remove(key)
    },
  }))('db')
  const batch = {
    expect: [],
    remove: [],
    put: [put('a', '1', 1), put('b', '1', 2)],
    durability: 'relaxed' as const,
  }
  await expect(store.write(batch)).rejects.toMatchObject({ name: 'QuotaExceededError' })
})
