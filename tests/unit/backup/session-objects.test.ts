import { expect, test } from 'vitest'
import { encryptRecord, type PlainRecord } from '../../../src/lib/voice-agent/backup/session-objects.js'
import { createIv, generateRecordKey } from '../../../src/lib/voice-agent/storage/records/cipher.js'

test('equal records yield equal objects, and different records share no IV, even if they have the same one', async () => {
  const key = await generateRecordKey(false)
  const data = (text: string) => new TextEncoder().encode(text).buffer
  const record: PlainRecord = {
    v: 2,
    kind: 'messages',
    sessionId: 's',
    seq: 0,
    schema: 1,
    iv: createIv(),
    data: data('["hello"]'),
  }
  const reordered = Object.fromEntries(Object.entries(record).reverse()) as unknown as PlainRecord
  const object = await encryptRecord(key, record)
  expect(await encryptRecord(key, reordered)).toEqual(object)
  const ivOf = async (other: PlainRecord) => String((await encryptRecord(key, other)).slice(0, 12))
  const others = [
    { ...record, data: data('["other"]') },
    { ...record, seq: 1 },
    { ...record, iv: createIv() },
  ]
  const ivs = await Promise.all([record, ...others].map(ivOf))
  expect(new Set(ivs).size).toBe(ivs.length)
})
