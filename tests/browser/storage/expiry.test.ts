import { afterEach, expect, test, vi } from 'vitest'
import { getRaw, openStorage, proveAge, putRaw, rawRecords } from './fixture.js'
import { snapshotOf } from './snapshots.js'

const day = 86_400_000
const retention = 7 * day

afterEach(() => {
  vi.restoreAllMocks()
})

/** Sets the device's clock, in days from now. */
function setClock(days: number): void {
  vi.restoreAllMocks()
  const { now } = Date
  vi.spyOn(Date, 'now').mockImplementation(() => now() + days * day)
}

type Storage = Awaited<ReturnType<typeof openStorage>>

/** A page load that saves the named conversations, cleans up and closes. Returns the number of deleted sessions. */
async function visit(databaseName: string, ...ids: string[]): Promise<number> {
  const page = await openStorage({ databaseName })
  for (const id of ids) {
    await page.records.setItem(id, snapshotOf({ id, updatedAt: Date.now(), tabId: 'closed' }))
    await page.records.release(id)
  }
  const removed = await page.records.removeExpired(Date.now() - retention, [])
  page.tab.release()
  await page.records.close()
  return removed
}

const freshName = () => `expiry-${crypto.randomUUID()}`
const listed = async ({ records }: Storage) => (await records.list()).map(({ id }) => id)

test('an old session is noted by one page and deleted by another, at least a day later', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'old')
  const visits: [days: number, removed: number][] = [
    [6, 0],
    [7.1, 0],
    [7.2, 0],
    [8, 0],
    [8.2, 1],
  ]
  for (const [days, removed] of visits) {
    setClock(days)
    expect([days, await visit(databaseName)]).toEqual([days, removed])
  }
})

test('the page that noted it does not delete it, however long it stays open', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'old')
  setClock(7.1)
  const page = await openStorage({ databaseName })
  expect(await page.records.removeExpired(Date.now() - retention, [])).toBe(0)
  setClock(9)
  expect(await page.records.removeExpired(Date.now() - retention, [])).toBe(0)
})

test('a clock that is a year ahead deletes nothing until it has run for the whole retention', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'yesterday')
  for (const days of [366, 368, 372]) {
    setClock(days)
    expect([days, await visit(databaseName)]).toEqual([days, 0])
  }
  setClock(374)
  expect(await visit(databaseName)).toBe(1)
})

test('a second jump restarts the wait, and a corrected clock finds everything', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'mine')
  for (const days of [365, 730, 1095, 0.1, 365.1, 0.2]) {
    setClock(days)
    expect([days, await visit(databaseName)]).toEqual([days, 0])
  }
  expect(await listed(await openStorage({ databaseName }))).toEqual(['mine'])
})

test('a session saved while the clock was behind is not treated as younger than it looks', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'before')
  setClock(-20)
  await visit(databaseName, 'behind')
  // Correct again: `behind` looks twenty days old.
  for (const days of [0.1, 1.3, 3, 5]) {
    setClock(days)
    expect([days, await visit(databaseName)]).toEqual([days, 0])
  }
  setClock(7.05)
  await visit(databaseName)
  setClock(8.1)
  await visit(databaseName)
  setClock(9.2)
  await visit(databaseName)
  expect(await listed(await openStorage({ databaseName }))).toEqual([])
})

test('setting the clock back while a page is open discards the first sighting', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'old')
  setClock(7.1)
  await visit(databaseName)
  const page = await openStorage({ databaseName })
  setClock(-300)
  await page.records.setItem('new', snapshotOf({ id: 'new', updatedAt: Date.now(), tabId: 'closed' }))
  await page.records.close()
  expect(await getRaw(databaseName, 'meta/expiry')).toMatchObject({ mark: null })
  setClock(8.2)
  expect(await visit(databaseName)).toBe(0)
})

test('a jump of the clock while a page is open does not count as elapsed time', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'old')
  const page = await openStorage({ databaseName })
  setClock(7.1)
  await page.records.removeExpired(Date.now() - retention, [])
  page.tab.release()
  await page.records.close()
  setClock(8.2)
  expect(await visit(databaseName)).toBe(0)
  // Once the retention has passed on this clock, the session is old.
  for (const days of [9.3, 14.2, 15.3]) {
    setClock(days)
    await visit(databaseName)
  }
  expect(await listed(await openStorage({ databaseName }))).toEqual([])
})

test('a session dated in the future is kept, as is one whose page knows that the clock is wrong', async () => {
  const databaseName = freshName()
  setClock(300)
  await visit(databaseName, 'future')
  setClock(0)
  await visit(databaseName)
  await proveAge(databaseName, Date.now())
  expect(await visit(databaseName)).toBe(0)
  const wrong = await openStorage({ databaseName, isClockWrong: () => true })
  await wrong.records.setItem('old', snapshotOf({ id: 'old', updatedAt: 10, tabId: 'closed' }))
  await wrong.records.release('old')
  await proveAge(databaseName, Date.now())
  expect(await wrong.records.removeExpired(Date.now() - retention, [])).toBe(0)
})

test('a session that could not be opened is kept until it opens or is deleted', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'kept', 'other')
  const key = 'session/kept/head'
  const head = (await rawRecords(databaseName)).get(key) ?? {}
  await putRaw(databaseName, key, { ...head, iv: new ArrayBuffer(12) })
  const page = await openStorage({ databaseName })
  await expect(page.records.getItem('kept')).rejects.toMatchObject({ code: 'session-unreadable' })
  await vi.waitFor(async () => expect(await getRaw(databaseName, 'kept/session/kept')).toBeDefined())
  await page.records.close()

  setClock(30)
  await proveAge(databaseName, Date.now() - retention)
  expect(await visit(databaseName)).toBe(1)
  const later = await openStorage({ databaseName })
  expect(await listed(later)).toEqual(['kept'])

  await putRaw(databaseName, key, head)
  expect(await later.records.getItem('kept')).not.toBeNull()
  await vi.waitFor(async () => expect(await getRaw(databaseName, 'kept/session/kept')).toBeUndefined())
})

test('deleting a session that was kept deletes its mark', async () => {
  const databaseName = freshName()
  await visit(databaseName, 'kept')
  await putRaw(databaseName, 'kept/session/kept', { v: 1, kind: 'meta', name: 'kept' })
  const page = await openStorage({ databaseName })
  await page.records.removeItem('kept')
  expect(await getRaw(databaseName, 'kept/session/kept')).toBeUndefined()
})

test("malformed records affect only themselves: they are not listed, not deleted, and don't get in the way", async () => {
  const databaseName = freshName()
  await visit(databaseName, 'old', 'new')
  const page = await openStorage({ databaseName })
  const fields = { v: 1, kind: 'head', tabId: 'x', createdAt: 1, updatedAt: 1, messageCount: 1 }
  const malformed: [string, Record<string, unknown>][] = [
    ['session/%/head', { ...fields, sessionId: '%' }],
    ['session/no-text/head', { ...fields, sessionId: 7 }],
    ['session/no-number/head', { ...fields, sessionId: 'no-number', messageCount: '<b>9</b>' }],
    ['session/moved/head', { ...fields, sessionId: 'elsewhere' }],
    ['key/session/%', { v: 1, kind: 'key', updatedAt: 1 }],
    ['not/ours', { tabId: 'x', updatedAt: 1 }],
  ]
  for (const [key, record] of malformed) await putRaw(databaseName, key, record)
  const old = (await rawRecords(databaseName)).get('session/old/head') ?? {}
  await putRaw(databaseName, 'session/old/head', { ...old, updatedAt: 10 })
  await proveAge(databaseName, 50)
  expect(await listed(page)).toEqual(['new', 'old'])
  expect((await page.records.list({ limit: 5 })).map(({ id }) => id)).toEqual(['new', 'old'])
  expect(await page.records.removeExpired(50, [])).toBe(1)
  const keys = [...(await rawRecords(databaseName)).keys()]
  for (const [key] of malformed) expect(keys).toContain(key)
  expect(await listed(page)).toEqual(['new'])
})
