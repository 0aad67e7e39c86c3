import { expect, test } from 'vitest'
import { generateRecordKey } from '../../../src/lib/voice-agent/storage/records/cipher.js'
import { fromBase64, segmentKey, toBase64 } from '../../../src/lib/voice-agent/storage/records/record.js'
import { DiskImage } from '../../../src/lib/voice-agent/storage/sessions/disk-image.js'
import { encryptBatch } from '../../../src/lib/voice-agent/storage/sessions/encrypted-batch.js'
import {
  createJournal,
  decodeEntry,
  encodeEntry,
  type JournalEntry,
  SessionJournal,
} from '../../../src/lib/voice-agent/storage/sessions/journal.js'
import { changedSegments, NO_VERSIONS } from '../../../src/lib/voice-agent/storage/sessions/segments.js'
import { pageStorage } from '../../../src/lib/voice-agent/storage/tabs/session-storage.js'
import { snapshotOf } from '../../browser/storage/snapshots.js'
import { StorageArea } from '../../simulation/browser.js'

async function batchOf(length: number) {
  const snapshot = snapshotOf({ length })
  return encryptBatch(await generateRecordKey(false), snapshot, changedSegments(snapshot, new Map()), {
    segmentCount: 0,
    versions: NO_VERSIONS,
    blocks: new Map(),
    ancestors: [],
    renamable: [],
  })
}

test('bytes of any length survive base64', () => {
  const bytes = Uint8Array.from({ length: 20_001 }, (_, index) => index % 256)
  expect(new Uint8Array(fromBase64(toBase64(bytes.buffer)))).toEqual(bytes)
})

test('a journal entry is read back as the encrypted records', async () => {
  const batch = await batchOf(3)
  const entry = decodeEntry('s1', encodeEntry(batch, [null]))
  expect(entry?.sessionId).toBe('s1')
  expect(entry?.bases).toEqual([null])
  const mark = 'mark/session/s1'
  expect([...(entry?.segments ?? []), entry?.head]).toEqual(
    [...batch.changes].filter(([key]) => key !== mark).map(([, record]) => record),
  )
})

test('anything but a journal of the package reads as none', () => {
  for (const text of [
    null,
    '',
    '{',
    'null',
    '[]',
    '{"v":1}',
    '{"v":3,"bases":[],"head":{"kind":"head"},"segments":[]}',
    '{"v":2,"head":{"kind":"head"},"segments":[]}',
  ]) {
    expect(decodeEntry('s1', text)).toBeNull()
  }
})

test("a page keeps another page's entry, adds its own beside it, and clears only that", async () => {
  const area = new StorageArea() as unknown as Storage
  const open = () => {
    const page = pageStorage('db', '', { area })
    page.takeSlot()
    return { journal: createJournal(page), close: () => page.releaseSlot() }
  }
  const former = open()
  former.journal.write('s1', await batchOf(1), [null])
  former.close()
  const { journal } = open()
  journal.write('s1', await batchOf(2), [null])
  journal.write('s1', await batchOf(3), [null])
  const sizes = () => journal.entries().map(({ head }) => head.messageCount)
  expect(sizes()).toEqual([1, 3])
  journal.clear('s1')
  expect(sizes()).toEqual([1])
  journal.write('s1', await batchOf(4), [null])
  journal.leave('s1')
  journal.clear('s1')
  expect(sizes()).toEqual([1, 4])
  journal.forget('s1')
  expect(Object.keys(area)).toEqual([])
})

test('an entry that was replaced while it was being replayed stays', async () => {
  const page = pageStorage('db', '', { area: new StorageArea() as unknown as Storage })
  page.takeSlot()
  const journal = createJournal(page)
  journal.write('s1', await batchOf(1), [null])
  const [replayed] = journal.entries() as [JournalEntry]
  journal.write('s1', await batchOf(2), [null])
  journal.remove(replayed)
  expect(journal.entries()).toMatchObject([{ name: replayed.name, head: { messageCount: 2 } }])
})

test('each revision is journalled once, and the entry stays until all of it is on disk', async () => {
  const page = pageStorage('db', '', { area: new StorageArea() as unknown as Storage })
  page.takeSlot()
  const journal = createJournal(page)
  const image = new DiskImage()
  const log = new SessionJournal('s1', journal, image)
  const batch = await batchOf(1)
  const save = (revision: number) =>
    image.succeed(image.issue({ ...batch, revision, version: `v${revision}` }))

  log.write(image.writeWith({ ...batch, revision: 2, version: 'v2' }))
  const [entry] = journal.entries() as [JournalEntry]
  // The tab's next page has replayed it.
  journal.remove(entry)
  log.write(image.writeWith({ ...batch, revision: 2, version: 'another encryption of it' }))
  expect(journal.entries()).toEqual([])

  const changes = new Map([...batch.changes, [segmentKey('s1', 1), null]])
  log.write(image.writeWith({ ...batch, revision: 3, version: 'v3', changes }))
  // A save that was requested before it lacks one of its segments.
  save(2)
  log.clear()
  expect(journal.entries()).toHaveLength(1)
  save(3)
  log.clear()
  expect(journal.entries()).toEqual([])
})

test('a save that is too large is not journalled, and a missing sessionStorage does no harm', async () => {
  const journal = createJournal(pageStorage('db', '', { area: null }))
  expect(journal.write('s1', await batchOf(64), [null])).toBe(false)
  expect(journal.entries()).toEqual([])
})
