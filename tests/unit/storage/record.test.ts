import { expect, test } from 'vitest'
import { decrypt, encrypt, generateRecordKey } from '../../../src/lib/voice-agent/storage/records/cipher.js'
import {
  FORMAT_VERSION,
  type SegmentHeader,
  segmentKey,
} from '../../../src/lib/voice-agent/storage/records/record.js'

const header: SegmentHeader = { v: 1, kind: 'messages', sessionId: 's1', seq: 12, schema: 3 }
const createRecord = async () => {
  const key = await generateRecordKey(false)
  return { key, record: await encrypt(key, header, ['hello']) }
}

test('an encrypted record is decrypted with its key, whatever the order of its fields', async () => {
  const { key, record } = await createRecord()
  const { iv, data, ...clear } = record
  expect(await decrypt(key, { data, iv, ...clear })).toEqual(['hello'])
})

test('every unencrypted field is authenticated, and the error names only the record', async () => {
  const { key, record } = await createRecord()
  const foreign = { sessionId: 's2', seq: 13, schema: 4, v: 0 }
  for (const [field, value] of Object.entries(foreign)) {
    const moved = decrypt(key, { ...record, [field]: value })
    await expect(moved).rejects.toMatchObject({ code: 'session-unreadable' })
    await expect(moved).rejects.not.toHaveProperty('cause')
  }
  await expect(decrypt(key, { ...record, data: new ArrayBuffer(40) })).rejects.toThrow(
    '(record: messages 12)',
  )
  await expect(decrypt(key, { ...record, tabId: 'added' } as typeof record)).rejects.toThrow('messages 12')
})

test('a record in a newer format is not decrypted', async () => {
  const { key, record } = await createRecord()
  await expect(decrypt(key, { ...record, v: FORMAT_VERSION + 1 })).rejects.toMatchObject({
    code: 'session-newer',
  })
})

test('the same content is never encrypted twice with one IV', async () => {
  const key = await generateRecordKey(false)
  const records = await Promise.all(Array.from({ length: 50 }, () => encrypt(key, header, ['hello'])))
  expect(new Set(records.map(({ iv }) => new Uint8Array(iv).toString())).size).toBe(50)
  expect(records.map(({ iv }) => iv.byteLength)).toEqual(records.map(() => 12))
})

test("segments sort by number, and no session id is a prefix of another's keys", () => {
  expect(segmentKey('a', 9) < segmentKey('a', 10)).toBe(true)
  expect(segmentKey('a/messages/1', 0).startsWith('session/a/')).toBe(false)
})
