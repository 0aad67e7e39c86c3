import { expect, test } from 'vitest'
import { generateRecordKey } from '../../../src/lib/voice-agent/storage/records/cipher.js'
import { headKey, segmentKey } from '../../../src/lib/voice-agent/storage/records/record.js'
import { DiskImage } from '../../../src/lib/voice-agent/storage/sessions/disk-image.js'
import { encryptBatch } from '../../../src/lib/voice-agent/storage/sessions/encrypted-batch.js'
import {
  changedSegments,
  EMPTY_LAYOUT,
  NO_VERSIONS,
} from '../../../src/lib/voice-agent/storage/sessions/segments.js'
import { type EncryptedHead, openHead } from '../../../src/lib/voice-agent/storage/sessions/session-reader.js'
import { StagedSnapshot } from '../../../src/lib/voice-agent/storage/sessions/staged-snapshot.js'
import { snapshotOf } from '../../browser/storage/snapshots.js'

const key = await generateRecordKey(false)

/** Encrypts a snapshot and issues its write. */
async function issue(image: DiskImage, revision: number) {
  const snapshot = snapshotOf({ length: revision, revision })
  const plan = changedSegments(snapshot, image.segments, image.layout)
  return image.issue(await encryptBatch(key, snapshot, plan, image.asBase()))
}

const storedElsewhere = {
  segments: [],
  segmentCount: 0,
  layout: EMPTY_LAYOUT,
  revision: 9,
  version: 'of another page',
  versions: NO_VERSIONS,
  ancestors: [],
  renamedFrom: [],
}

test('a head that a write replaced while it was being read is ignored', async () => {
  const image = new DiskImage()
  const first = await issue(image, 1)
  image.succeed(first)
  const second = await issue(image, 2)
  const third = await issue(image, 3)
  expect(image.isWritten(first.batch.version)).toBe(true)
  image.succeed(second)
  image.succeed(third)
  for (const { batch } of [first, second, third]) expect(image.isWritten(batch.version)).toBe(true)
  expect(image.isWritten('of another page')).toBe(false)
})

test('a save builds on a journalled one that was merged with an earlier save, once that is stored', async () => {
  const image = new DiskImage()
  const all = snapshotOf({ length: 202 })
  const encrypted = (length: number) => {
    const snapshot = {
      ...all,
      head: { ...all.head, messageCount: length },
      messages: all.messages.slice(0, length),
      revision: length,
    }
    return encryptBatch(
      key,
      snapshot,
      changedSegments(snapshot, image.segments, image.layout),
      image.asBase(),
    )
  }
  const first = image.issue(await encrypted(200))
  const journalled = image.writeWith(await encrypted(201)).batch
  image.noteJournalled(journalled)
  // The first save was still pending, so the journal contains its records too.
  expect([...journalled.changes.keys()]).toEqual(expect.arrayContaining([...first.batch.changes.keys()]))
  image.succeed(first)
  const next = image.issue(await encrypted(202))
  expect(next.batch.changes.size).toBeLessThan(journalled.changes.size)
  expect(next.bases).toEqual([first.batch.version, journalled.version])
})

test('the next page can write a head from the journal, which this page includes until it has read another', async () => {
  const image = new DiskImage()
  const first = await issue(image, 1)
  image.succeed(first)
  const journalled = { ...first.batch, revision: 2, version: 'in the journal' }
  image.noteJournalled(journalled)
  expect(image.isWritten('in the journal')).toBe(false)
  expect(image.isReplayed('in the journal')).toBe(true)
  expect(image.isReplayed('of another page')).toBe(false)
  image.succeedJournalled('in the journal')
  expect(image.isWritten('in the journal')).toBe(true)
  expect(image.revision).toBe(2)

  // A head that this page wrote itself.
  image.noteJournalled(first.batch)
  expect(image.isReplayed(first.batch.version)).toBe(false)
  image.noteJournalled({ ...journalled, version: 'journalled later' })
  image.hydrate(storedElsewhere)
  expect(image.isReplayed('journalled later')).toBe(false)
})

test('after a session was read from disk, an earlier head is not ignored', async () => {
  const image = new DiskImage()
  const first = await issue(image, 1)
  image.succeed(first)
  image.succeed(await issue(image, 2))
  image.hydrate(storedElsewhere)
  expect(image.isWritten(first.batch.version)).toBe(false)
  expect(image.isWritten('of another page')).toBe(true)
})

test('a rename that also writes messages does not count as a rename only', async () => {
  const image = new DiskImage()
  image.hydrate({ ...storedElsewhere, revision: 0 })
  const snapshot = { ...snapshotOf({ length: 1, revision: 1 }), isRename: true }
  const renamedFrom = async (stored: typeof image.segments) => {
    const plan = changedSegments(snapshot, stored, image.layout)
    const { changes } = await encryptBatch(key, snapshot, plan, image.asBase())
    return (await openHead(key, changes.get(headKey(snapshot.head.id)) as EncryptedHead)).renamedFrom
  }
  expect(await renamedFrom(new Map())).toBeUndefined()
  expect(await renamedFrom(new Map([[0, snapshot.messages.slice(0, 1)]]))).toEqual(['of another page'])
})

test('a write may replace a journalled one that it includes, because the next page may have stored that', async () => {
  const image = new DiskImage()
  const saved = await issue(image, 1)
  image.succeed(saved)
  const covered = { ...saved.batch, revision: 2, version: 'covered' }
  const changes = new Map([...saved.batch.changes, [segmentKey('s', 1), null]])
  const larger = { ...saved.batch, revision: 3, version: 'with a segment more', changes }
  image.noteJournalled(covered)
  image.noteJournalled(larger)
  const { batch } = saved
  expect(image.writeWith({ ...batch, revision: 4, version: 'next' }).bases).toEqual([
    batch.version,
    'covered',
  ])

  const pending = image.issue({ ...batch, revision: 4, version: 'next' })
  expect(image.isWritten('covered')).toBe(true)
  expect(image.isReplayed('with a segment more')).toBe(false)
  image.fail(pending)
  expect(image.isReplayed('covered')).toBe(true)
  image.succeed(await issue(image, 5))
  expect(image.isReplayed('covered')).toBe(false)
})

test('a head does not descend from what its page wrote or encrypted before it read the session of another page', async () => {
  const image = new DiskImage()
  image.succeed(await issue(image, 1))
  const failed = await issue(image, 2)
  image.fail(failed)
  const snapshot = snapshotOf({ length: 3, revision: 3 })
  const staged = new StagedSnapshot(image)
  staged.set(snapshot)
  await staged.encrypt(key)
  const dropped = staged.ready?.version
  expect(image.ancestors).toContain(failed.batch.version)
  expect(image.ancestors).toContain(dropped)
  // Still being encrypted when the session is read.
  staged.set(snapshotOf({ length: 4, revision: 4 }))
  const encrypting = staged.encrypt(key)
  staged.drop()
  image.hydrate(storedElsewhere)
  await encrypting
  expect(image.ancestors).toEqual(['of another page'])
})
