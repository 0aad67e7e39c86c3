import { expect, test } from 'vitest'
import {
  createConflictError,
  type RecordStore,
  type WriteOptions,
} from '../../../src/lib/voice-agent/storage/database/record-store.js'
import { fenceKey } from '../../../src/lib/voice-agent/storage/records/record.js'
import { createFences } from '../../../src/lib/voice-agent/storage/sessions/fences.js'
import type { Ownership } from '../../../src/lib/voice-agent/storage/tabs/ownership.js'

/** A store with a fence behind the head `first`. Its writes, and the lock manager's responses, settle when told to. */
function setUp() {
  const written: string[] = []
  const writes: (() => void)[] = []
  const responses: (() => void)[] = []
  const store = {
    write: (changes: ReadonlyMap<string, unknown>, { absent = [] }: WriteOptions = {}) =>
      new Promise<void>((resolve, reject) => {
        writes.push(() => {
          if (absent.length > 0) return reject(createConflictError())
          written.push(...changes.keys())
          resolve()
        })
      }),
    readMany: async (keys: readonly string[]) => keys.map(() => null),
  } as unknown as RecordStore
  const ownership = {
    listOwned: () => new Promise((resolve) => responses.push(() => resolve(new Set(['s'])))),
    isOwned: () => true,
  } as unknown as Ownership
  const settle = async (pending: (() => void)[]) => {
    for (const each of pending.splice(0)) each()
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return { fences: createFences(store, ownership), written, writes, responses, settle }
}

test('a write does not overtake an earlier one that found a fence', async () => {
  const { fences, written, writes, responses, settle } = setUp()
  const first = fences.write('s', ['first'], new Map([['older', null]]))
  // The page may now be sure that it owns the session, but the earlier write still waits.
  await settle(responses)
  const second = fences.write('s', ['first', 'second'], new Map([['newer', null]]))
  while (written.length < 2) {
    await settle(writes)
    await settle(responses)
  }
  await Promise.all([first, second])
  expect(written).toEqual(['older', 'newer'])

  const third = fences.write('s', ['third'], new Map([['newest', null]]))
  await settle(writes)
  await third
  expect(written.at(-1)).toBe('newest')
  fences.close()
})

test('a fence that could not be put is put with the next write that succeeds', async () => {
  const writes: string[][] = []
  let isFailing = true
  const answer = () => (isFailing ? Promise.reject(new Error('The disk fails.')) : Promise.resolve())
  const store = {
    transact: answer,
    write(changes: ReadonlyMap<string, unknown>) {
      writes.push([...changes.keys()])
      return answer()
    },
  } as unknown as RecordStore
  const ownership = { listOwned: async () => new Set(['s']), isOwned: () => true } as unknown as Ownership
  const fences = createFences(store, ownership)
  await fences.put('s')
  await expect(fences.write('s', ['taken'], new Map([['first', null]]))).rejects.toThrow('The disk fails.')
  isFailing = false
  await fences.write('s', ['taken', null], new Map([['second', null]]))
  await fences.write('s', ['own'], new Map([['third', null]]))
  const fence = fenceKey('s', 'taken')
  expect(writes).toEqual([['first', fence], ['second', fence], ['third']])
  fences.close()
})
