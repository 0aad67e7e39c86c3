import { afterEach, expect, test, vi } from 'vitest'
import { entryName, type OpenStorage, occupy, openStorage, putRaw, rawRecords, storedOf } from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'

afterEach(() => {
  vi.restoreAllMocks()
})

const journalKey = ({ databaseName }: OpenStorage) => entryName(databaseName, 'journal:s1')
const journalOf = (storage: OpenStorage) => sessionStorage.getItem(journalKey(storage))

/** Stages a snapshot. Resolves when it is encrypted. */
async function stageEncrypted(storage: OpenStorage, snapshot: ReturnType<typeof snapshotOf>): Promise<void> {
  const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
  storage.records.stage(snapshot)
  await vi.waitUntil(() => encrypt.mock.results.length >= 2)
  await Promise.all(encrypt.mock.results.map(({ value }) => value as Promise<ArrayBuffer>))
  encrypt.mockRestore()
  // After one more task, everything that waited for the ciphertext has run.
  await new Promise((resolve) => setTimeout(resolve))
}

/** Three messages on disk as revision 1, and four encrypted as revision 2. */
async function openWithUnsaved(): Promise<OpenStorage> {
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 3 }))
  await stageEncrypted(storage, snapshotOf({ length: 4, revision: 2 }))
  return storage
}

test('encrypted records are put, committed and journalled before flushSync returns', async () => {
  const storage = await openWithUnsaved()
  const commit = vi.spyOn(IDBTransaction.prototype, 'commit')
  storage.records.flushSync()
  expect(commit).toHaveBeenCalledTimes(1)
  expect(journalOf(storage)).toContain('"revision":2')
  expect(journalOf(storage)).not.toContain('words')
  const { records } = await storage.reload()
  expect(await records.getItem('s1')).toEqual(storedOf({ length: 4, revision: 2 }))
})

test('a save of an encrypted snapshot is committed in the same task', async () => {
  const storage = await openWithUnsaved()
  const commit = vi.spyOn(IDBTransaction.prototype, 'commit')
  const saved = storage.records.setItem('s1', snapshotOf({ length: 4, revision: 2 }))
  expect(commit).toHaveBeenCalledTimes(1)
  await saved
})

test('a snapshot encrypted while an older save is written is saved without being encrypted again', async () => {
  const storage = await openWithUnsaved()
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle)
  let open = () => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const encryptions: Promise<ArrayBuffer>[] = []
  vi.spyOn(crypto.subtle, 'encrypt').mockImplementation((...args) => {
    // Encrypts its head and its segment, and then nothing more, like Firefox once the page is closing.
    if (encryptions.length === 2) return new Promise(() => {})
    const sealed = gate.then(() => encrypt(...args))
    encryptions.push(sealed)
    return sealed
  })
  storage.records.stage(snapshotOf({ length: 5, revision: 3 }))
  await vi.waitUntil(() => encryptions.length === 2)
  storage.records.flushSync()
  expect(await rawRecords(storage.databaseName).then((raw) => raw.get('session/s1/head')?.revision)).toBe(2)
  open()
  await Promise.all(encryptions)
  await new Promise((resolve) => setTimeout(resolve))
  storage.records.flushSync()
  expect(journalOf(storage)).toContain('"revision":3')
  vi.restoreAllMocks()
  const { records } = await storage.reload()
  expect(await records.getItem('s1')).toEqual(storedOf({ length: 5, revision: 3 }))
})

test('a save in progress when the page closes is journalled together with later changes', async () => {
  const storage = await openStorage()
  const messages = messagesOf(65)
  await storage.records.setItem('s1', snapshotOf({ messages }))
  const release = await occupy(storage.databaseName)
  const first = messages.with(0, message(0, 'first'))
  await stageEncrypted(storage, snapshotOf({ messages: first, revision: 2 }))
  const saved = storage.records.setItem('s1', snapshotOf({ messages: first, revision: 2 }))
  const second = first.with(64, message(64, 'second'))
  await stageEncrypted(storage, snapshotOf({ messages: second, revision: 3 }))
  storage.records.flushSync()
  const { head, segments } = JSON.parse(journalOf(storage) ?? '')
  expect(head.revision).toBe(3)
  expect(segments.map(({ seq }: { seq: number }) => seq)).toEqual([0, 1])
  release()
  await saved
})

test('an edit that is undone while it is being written is undone on disk too', async () => {
  const storage = await openStorage()
  const messages = messagesOf(3)
  await storage.records.setItem('s1', snapshotOf({ messages }))
  await stageEncrypted(storage, snapshotOf({ messages: messages.with(1, message(1, 'edited')), revision: 2 }))
  const encrypt = crypto.subtle.encrypt.bind(crypto.subtle)
  vi.spyOn(crypto.subtle, 'encrypt').mockImplementationOnce((...args) => {
    // The changes of the undone edit have been computed. Now the edit itself is written.
    storage.records.flushSync()
    return encrypt(...args)
  })
  storage.records.stage(snapshotOf({ messages, revision: 3 }))
  await storage.records.setItem('s1', snapshotOf({ messages, revision: 3 }))
  const { records } = await storage.reload()
  expect(await records.getItem('s1')).toEqual(storedOf({ messages, revision: 3 }))
})

test('the stored revision is recorded outside the database when the page closes, and after the last write', async () => {
  const storage = await openWithUnsaved()
  /** The revision, and the time of the key. */
  const anchor = () => sessionStorage.getItem(entryName(storage.databaseName, 'anchor:s1'))
  expect(anchor()).toBeNull()
  const release = await occupy(storage.databaseName)
  storage.records.flushSync()
  expect(anchor()).toMatch(/^1 /)
  release()
  await vi.waitFor(() => expect(anchor()).toMatch(/^2 /))
})

test('the journal is cleared as soon as a save has reached the disk', async () => {
  const storage = await openWithUnsaved()
  storage.records.flushSync()
  await storage.records.setItem('s1', snapshotOf({ length: 5, revision: 3 }))
  expect(journalOf(storage)).toBeNull()
})

test('a journal replaces an older save once, and is then cleared', async () => {
  const storage = await openWithUnsaved()
  const before = await rawRecords(storage.databaseName)
  storage.records.flushSync()
  const journal = journalOf(storage) ?? ''
  await storage.records.close()
  // Like a browser that drops the transactions of a closing page.
  for (const [key, record] of before) await putRaw(storage.databaseName, key, record)
  sessionStorage.setItem(journalKey(storage), journal)
  const next = await storage.reload()
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 4, revision: 2 }))
  expect(journalOf(storage)).toBeNull()

  await next.records.setItem('s1', snapshotOf({ length: 6, revision: 3 }))
  const later = await rawRecords(storage.databaseName)
  sessionStorage.setItem(journalKey(storage), journal)
  await next.reload()
  expect(await rawRecords(storage.databaseName)).toStrictEqual(later)
  expect(journalOf(storage)).toBeNull()
})

test('words of a page that returned, and closes while it reloads its session, are journalled', async () => {
  const storage = await openWithUnsaved()
  const before = await rawRecords(storage.databaseName)
  const reading = storage.records.reloadIfNewer('s1')
  storage.records.flushSync()
  const journal = journalOf(storage) ?? ''
  expect(journal).toContain('"revision":2')
  await reading
  await storage.records.close()
  for (const [key, record] of before) await putRaw(storage.databaseName, key, record)
  sessionStorage.setItem(journalKey(storage), journal)
  const next = await storage.reload()
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 4, revision: 2 }))
})

test('a page that returned, was about to leave again, and stayed continues with its own words', async () => {
  const storage = await openWithUnsaved()
  const reading = storage.records.reloadIfNewer('s1')
  storage.records.flushSync()
  storage.records.stage(snapshotOf({ length: 6, revision: 3 }))
  expect(await reading).toBeNull()
  await storage.records.setItem('s1', snapshotOf({ length: 6, revision: 3 }))
  expect(journalOf(storage)).toBeNull()
  const next = await storage.reload()
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 6, revision: 3 }))
  expect(await next.records.list()).toHaveLength(1)
})

test("a page that returned and has not reloaded its session leaves the journal of the tab's other page alone", async () => {
  const storage = await openWithUnsaved()
  sessionStorage.setItem(journalKey(storage), 'of another page')
  const reading = storage.records.reloadIfNewer('s1')
  storage.records.flushSync()
  expect(journalOf(storage)).toBe('of another page')
  await reading
})

/** The page was in the back/forward cache with words that are encrypted but not saved. Meanwhile, another tab took over its session. */
async function openTaken(): Promise<OpenStorage> {
  const storage = await openWithUnsaved()
  window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
  const other = await openStorage({ databaseName: storage.databaseName })
  expect(await other.records.getItem('s1')).toEqual(storedOf({ length: 3 }))
  return storage
}

test('words of a page that returned are journalled if another tab turns out to have its session', async () => {
  const storage = await openTaken()
  expect(await storage.records.reloadIfNewer('s1')).toBeNull()
  expect(storage.statuses.at(-1)?.[1]).toMatchObject({ code: 'session-open-elsewhere' })
  expect(journalOf(storage)).toContain('"revision":2')
})

test('words of a page that returned are kept although sessionStorage is full, if another tab has continued its session', async () => {
  const storage = await openWithUnsaved()
  window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
  const other = await openStorage({ databaseName: storage.databaseName })
  const stored = await other.records.getItem('s1')
  if (!stored) throw new Error('Nothing was stored.')
  const head = { ...stored.head, title: 'Continued' }
  const messages = stored.messages.with(0, message(0, 'continued'))
  await other.records.setItem('s1', { ...stored, head, messages, revision: 9 })
  await other.records.release('s1')

  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('', 'QuotaExceededError')
  })
  expect(await storage.records.reloadIfNewer('s1')).toMatchObject({
    head: { title: 'Continued' },
    warning: { code: 'session-recovered' },
  })
  vi.restoreAllMocks()
  const copy = (await storage.records.list()).find(({ id }) => id !== 's1')
  expect(copy).toMatchObject({ recoveredFrom: 's1', messageCount: 4 })
})

test("a page that returned, and whose session another tab has, leaves the journal of its tab's other page alone", async () => {
  const storage = await openTaken()
  sessionStorage.setItem(journalKey(storage), 'of another page')
  expect(await storage.records.reloadIfNewer('s1')).toBeNull()
  expect(journalOf(storage)).toBe('of another page')
})

test('a tampered journal replaces nothing', async () => {
  const storage = await openWithUnsaved()
  storage.records.flushSync()
  const journal = journalOf(storage) ?? ''
  await storage.records.close()
  const before = await rawRecords(storage.databaseName)
  sessionStorage.setItem(journalKey(storage), journal.replace('"revision":2', '"revision":9'))
  await storage.reload()
  expect(await rawRecords(storage.databaseName)).toStrictEqual(before)
})

test('the next page finds what a page saves as it closes', async () => {
  const databaseName = `leaving-${Date.now()}`
  const frame = document.body.appendChild(document.createElement('iframe'))
  const url = new URL('./leaving-page.ts', import.meta.url).href
  const load = (length: number) => {
    const answer = new Promise((resolve) =>
      addEventListener('message', ({ data }) => resolve(data), { once: true }),
    )
    // Modules served by Vitest ask its runner before they load others, and a frame has none.
    frame.srcdoc = `<script>__vitest_browser_runner__ = { wrapDynamicImport: (load) => load() }</script>
    <script type="module">
      import { run } from ${JSON.stringify(url)}
      run(${JSON.stringify(databaseName)}, ${length})
    </script>`
    return answer
  }
  const found: unknown[] = []
  for (let length = 1; length <= 10; length++) found.push(await load(length))
  frame.remove()
  expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

/** A page has closed with words that were not encrypted yet. The next page has its sessionStorage, and a database without those words. */
async function leaveUnencrypted() {
  const real = crypto.subtle.encrypt.bind(crypto.subtle)
  const text = (source: BufferSource | undefined) => new TextDecoder().decode(source)
  const cipher = new Promise<void>((resolve) => {
    vi.spyOn(crypto.subtle, 'encrypt').mockImplementation((options, ...rest) => {
      const encrypted = real(options, ...rest)
      if (text((options as AesGcmParams).additionalData).includes('sync-key'))
        void encrypted.then(() => resolve())
      return encrypted
    })
  })
  const storage = await openStorage()
  await storage.records.setItem('s1', snapshotOf({ length: 70 }))
  await cipher
  await new Promise((resolve) => setTimeout(resolve))
  // Like Firefox after `pagehide`: no request settles.
  vi.spyOn(crypto.subtle, 'encrypt').mockImplementation(() => new Promise(() => {}))
  storage.records.stage(snapshotOf({ length: 72, revision: 2 }))
  storage.records.flushSync()
  vi.restoreAllMocks()
  const journal = journalOf(storage) ?? ''
  storage.tab.release()
  storage.records.quarantine('s1', new Error('gone'))
  await storage.records.release('s1')
  sessionStorage.setItem(journalKey(storage), journal)
  return { storage, journal, load: () => openStorage({ databaseName: storage.databaseName }) }
}

test('words that were not encrypted yet are journalled in the task in which the page closes', async () => {
  const { storage, journal, load } = await leaveUnencrypted()
  expect(journal).toContain('"revision":2')
  const entry = JSON.parse(journal)
  const records = [entry.head, ...entry.segments, entry.sync.key]
  for (const record of records) expect(atob(record.data.base64)).not.toMatch(/words|m71/)
  const next = await load()
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 72, revision: 2 }))
  expect(journalOf(storage)).toBeNull()
})

test('a journal stays while another key is in the place of its own, and is replayed when its own is back', async () => {
  const { storage, load } = await leaveUnencrypted()
  const own = (await rawRecords(storage.databaseName)).get('key/session/s1') ?? {}
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
  await putRaw(storage.databaseName, 'key/session/s1', { ...own, key })
  const locked = await load()
  await expect(locked.records.getItem('s1')).rejects.toMatchObject({ code: 'session-unreadable' })
  await putRaw(storage.databaseName, 'key/session/s1', own)
  const next = await locked.reload()
  expect(await next.records.getItem('s1')).toEqual(storedOf({ length: 72, revision: 2 }))
})
