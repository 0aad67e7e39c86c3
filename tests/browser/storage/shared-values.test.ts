import { expect, onTestFinished, test, vi } from 'vitest'
import { createEncryptedStorage, createPassphraseKeyProvider } from '../../../src/storage.js'
import { rawRecords } from './fixture.js'
import { freshName } from './persisted-store.js'

/** The same app in two tabs. */
function openTwoTabs() {
  const databaseName = freshName('shared')
  const open = () => createEncryptedStorage({ databaseName })
  return { databaseName, first: open(), second: open(), open }
}

test('two tabs that first write a value concurrently leave one that can be decrypted', async () => {
  const { first, second, open } = openTwoTabs()
  await Promise.all([first.setItem('k', 'one'), second.setItem('k', 'two')])
  // Whichever tab created the key that stayed, both must write with it.
  for (const tab of [first, second]) {
    await tab.setItem('k', 'later')
    expect(await open().getItem('k')).toBe('later')
  }
})

test('what a tab writes after another one purged the value opens, with a new key', async () => {
  const { databaseName, first, second, open } = openTwoTabs()
  await first.setItem('k', 'before')
  const purged = (await rawRecords(databaseName)).get('value/k/value')
  expect(await second.getItem('k')).toBe('before')
  await first.removeItem('k')
  await second.setItem('k', 'after')
  expect(await open().getItem('k')).toBe('after')
  // The first tab must continue neither with the key that it knew nor with the one it deleted.
  await second.removeItem('k')
  await first.setItem('k', 'again')
  await second.setItem('k', 'and again')
  expect(await first.getItem('k')).toBe('and again')
  expect(purged).toBeDefined()
})

test('1,000 reads while another tab sets and removes the value find it whole or not at all', {
  timeout: 120_000,
}, async () => {
  const { databaseName, first, second } = openTwoTabs()
  let isOver = false
  async function churn() {
    for (let round = 0; !isOver; round++) {
      await first.setItem('k', `value ${round}`)
      if (round % 3 === 0) await first.removeItem('k')
    }
  }
  const churning = churn()
  const found: unknown[] = []
  for (let read = 0; read < 1_000; read++) {
    const value = await second.getItem('k')
    if (value !== null) found.push(value)
    if (read % 10 === 0) await second.setItem('k', `value of the other tab ${read}`)
  }
  isOver = true
  await churning
  expect(found.length).toBeGreaterThan(0)
  expect(found.filter((value) => !/^value /.test(String(value)))).toEqual([])
  await second.setItem('k', 'last')
  expect(await createEncryptedStorage({ databaseName }).getItem('k')).toBe('last')
})

test('a read from another realm never sees half a write', { timeout: 60_000 }, async () => {
  const databaseName = freshName('realms')
  const frame = document.createElement('iframe')
  document.body.append(frame)
  onTestFinished(() => frame.remove())
  const entry = new URL('../../../src/storage.ts', import.meta.url).href
  const loaded = new Promise<typeof import('../../../src/storage.js')>((resolve) => {
    Object.assign(frame.contentWindow as Window, { onStorage: resolve })
  })
  const script = (frame.contentDocument as Document).createElement('script')
  script.type = 'module'
  script.textContent = `import * as storage from '${entry}'; window.onStorage(storage)`
  frame.contentDocument?.body.append(script)
  const other = (await loaded).createEncryptedStorage({ databaseName })
  const own = createEncryptedStorage({ databaseName })
  const rounds = Array.from({ length: 300 }, (_, round) => round)
  const churn = async () => {
    for (const round of rounds)
      await (round % 3 === 0 ? other.removeItem('k') : other.setItem('k', `other ${round}`))
  }
  const use = async () => {
    for (const round of rounds) {
      await own.setItem('k', `own ${round}`)
      expect(await own.getItem('k')).toSatisfy(
        (value) => value === null || /^(own|other) /.test(String(value)),
      )
    }
  }
  await Promise.all([churn(), use()])
})

test('a read that times out fails, and a late result overwrites nothing', async () => {
  const { databaseName, first } = openTwoTabs()
  await first.setItem('k', 'stored')
  const before = await rawRecords(databaseName)
  const storage = createEncryptedStorage({ databaseName, readLimitMs: 50 })
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const decrypt = crypto.subtle.decrypt.bind(crypto.subtle)
  const spy = vi.spyOn(crypto.subtle, 'decrypt').mockImplementation(async (...args) => {
    await answered
    return decrypt(...args)
  })
  await expect(storage.getItem('k')).rejects.toMatchObject({ code: 'storage-unreachable' })
  answer()
  await spy.mock.results[0]?.value
  spy.mockRestore()
  // redux-persist has given up meanwhile, and this is its initial state.
  await expect(storage.setItem('k', 'initial')).rejects.toMatchObject({ code: 'storage-unreachable' })
  expect(await rawRecords(databaseName)).toStrictEqual(before)
})

test('a key provider that times out is named as the reason', async () => {
  const databaseName = freshName('waiting')
  const keyProvider = createPassphraseKeyProvider('words', { iterations: 10 })
  await createEncryptedStorage({ databaseName, keyProvider }).setItem('k', 'stored')
  const onStatus = vi.fn()
  const silent = vi.fn(() => new Promise<CryptoKey>(() => {}))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const read = createEncryptedStorage({ databaseName, onStatus, keyProvider: silent }).getItem('k')
  const refused = expect(read).rejects.toMatchObject({ code: 'key-unavailable' })
  // Only then does the time pass, because a busy machine needs long to open the database.
  await vi.waitUntil(() => silent.mock.calls.length > 0, { interval: 0 })
  await vi.advanceTimersByTimeAsync(4_000)
  await refused
  expect(onStatus).toHaveBeenLastCalledWith('degraded', expect.objectContaining({ code: 'key-unavailable' }))
})

test('a value that JSON cannot represent is rejected, and the stored one stays', async () => {
  const { first } = openTwoTabs()
  await first.setItem('k', 'stored')
  const circular: { self?: unknown } = {}
  circular.self = circular
  for (const value of [() => {}, Symbol('s'), 1n, circular]) {
    await expect(first.setItem('k', value)).rejects.toMatchObject({ code: 'invalid-option' })
  }
  expect(await first.getItem('k')).toBe('stored')
  await first.setItem('k', undefined)
  expect(await first.getItem('k')).toBeNull()
  await first.setItem('k', 'again')
  expect(await first.getItem('k')).toBe('again')
})
