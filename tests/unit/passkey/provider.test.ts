import { passkeyKeyProvider } from 'redux-voice-agent/passkey'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RecordStore } from '../../../src/lib/voice-agent/storage/database/record-store.js'
import { openByteRecordStore } from '../../../src/lib/voice-agent/storage/stores/byte-record-store.js'
import type { ByteStore } from '../../../src/lib/voice-agent/storage/stores/byte-store.js'
import { memoryStores } from '../../../src/lib/voice-agent/storage/stores/memory-store.js'

/** Changes the memory that replaces IndexedDB in a test. */
let alter: (store: ByteStore) => ByteStore
let openStores: ReturnType<typeof memoryStores>

/** Opens the database as another page. */
const openPage = async (): Promise<RecordStore> => openByteRecordStore(alter(await openStores('db')))

vi.mock('../../../src/lib/voice-agent/storage/database/open-database.js', () => ({
  DEFAULT_DATABASE_NAME: 'db',
  openRecords: () => openPage(),
}))

/** An authenticator with as many passkeys as were created. */
function stubAuthenticator() {
  const ids: ArrayBuffer[] = []
  const credentialOf = (rawId: ArrayBuffer) => ({
    rawId,
    response: { getTransports: () => [] },
    getClientExtensionResults: () => ({
      prf: { enabled: true, results: { first: new Uint8Array(32).fill(new Uint8Array(rawId)[0] ?? 0) } },
    }),
  })
  vi.stubGlobal('PublicKeyCredential', {})
  vi.stubGlobal('navigator', {
    credentials: {
      async create() {
        const rawId = Uint8Array.of(ids.length + 1, 0, 0).buffer
        ids.push(rawId)
        return credentialOf(rawId)
      },
      get: async () => credentialOf(ids[0] as ArrayBuffer),
    },
  })
}

async function createEnrolled() {
  const provider = passkeyKeyProvider({ appName: 'Shop', rpId: 'shop.example' })
  const setup = await provider.setUp()
  await setup.create()
  await setup.confirm(setup.recoveryCode ?? '')
  return provider
}

beforeEach(() => {
  alter = (store) => store
  openStores = memoryStores()
  stubAuthenticator()
})
afterEach(() => vi.unstubAllGlobals())

const addPasskey = async (provider: Awaited<ReturnType<typeof createEnrolled>>) =>
  (await provider.addPasskey()).create()

it('removes a passkey in a browser without WebAuthn, which the recovery code has opened', async () => {
  const provider = await createEnrolled()
  await addPasskey(provider)
  const [first] = (await provider.status()).passkeys
  vi.stubGlobal('PublicKeyCredential', undefined)
  await provider.removePasskey(first?.id ?? '')
  expect((await provider.status()).passkeys).toHaveLength(1)
})

it('reports a removed passkey as removed, even if the database cannot be read afterwards', async () => {
  let isWritten = false
  let isWatched = false
  alter = (store) => ({
    ...store,
    read: (query) => (isWritten ? Promise.reject(new Error('The disk is gone.')) : store.read(query)),
    write(batch) {
      isWritten = isWatched
      return store.write(batch)
    },
  })
  const provider = await createEnrolled()
  await addPasskey(provider)
  const [first] = (await provider.status()).passkeys
  isWatched = true
  await expect(provider.removePasskey(first?.id ?? '')).resolves.toBeUndefined()
})

it('stores no passkey that is cancelled while its record is prepared', async () => {
  const provider = await createEnrolled()
  const setup = await provider.addPasskey()
  const unwrap = crypto.subtle.unwrapKey.bind(crypto.subtle)
  const spy = vi.spyOn(crypto.subtle, 'unwrapKey').mockImplementation((...args) => {
    const [, , , , , extractable] = args
    if (!extractable) setup.cancel()
    return unwrap(...args)
  })
  await setup.create()
  spy.mockRestore()
  expect(setup.step).toBe('cancelled')
  expect((await provider.status()).passkeys).toHaveLength(1)
})

it('reads the next generation after an erasure, for two parallel callers', async () => {
  const provider = await createEnrolled()
  await (await openPage()).erase()
  const statuses = await Promise.all([provider.status(), provider.status()])
  expect(statuses.map(({ state }) => state)).toEqual(['unset', 'unset'])
})

it('keeps a key that the user opens while a request for an erased one is answered', async () => {
  let release: () => void = () => {}
  let gate: Promise<void> | null = null
  let isReading = false
  alter = (store) => ({
    ...store,
    async read(query) {
      isReading = true
      await gate
      return store.read(query)
    },
  })
  const provider = await createEnrolled()
  const other = await openPage()
  gate = new Promise((resolve) => {
    release = resolve
  })
  isReading = false
  const early = provider()
  early.catch(() => {})
  await vi.waitUntil(() => isReading)
  gate = null
  await other.erase()
  const setup = await provider.setUp()
  await setup.create()
  await setup.confirm(setup.recoveryCode ?? '')
  release()
  await expect(early).rejects.toMatchObject({ code: 'key-unavailable' })
  expect((await provider.status()).state).toBe('open')
  expect(await provider()).toBeInstanceOf(CryptoKey)
})

it('opens the key even if a listener throws', async () => {
  const provider = await createEnrolled()
  provider.lock()
  const failure = new Error('The listener failed.')
  const uncaught: unknown[] = []
  vi.stubGlobal('queueMicrotask', (task: () => void) => {
    try {
      task()
    } catch (error) {
      uncaught.push(error)
    }
  })
  provider.subscribe(() => {
    throw failure
  })
  await provider.unlock()
  expect((await provider.status()).state).toBe('open')
  expect(uncaught).toEqual([failure])
})

it.each([
  ['before its database is open', false],
  ['while its database is read', true],
])('does not provide a key that is locked %s', async (_when, isLate) => {
  let release: () => void = () => {}
  let gate: Promise<void> | null = null
  let isReading = false
  alter = (store) => ({
    ...store,
    async read(query) {
      isReading = true
      await gate
      return store.read(query)
    },
  })
  const provider = await createEnrolled()
  gate = new Promise((resolve) => {
    release = resolve
  })
  isReading = false
  const early = provider()
  early.catch(() => {})
  if (isLate) await vi.waitUntil(() => isReading)
  provider.lock()
  release()
  await expect(early).rejects.toMatchObject({
    code: 'key-unavailable',
    cause: { code: 'passkey-locked' },
  })
})
