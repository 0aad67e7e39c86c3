import { expect, test } from 'vitest'
import {
  BLOCK_SIZE,
  fromHead,
  toHead,
  versionsAfter,
} from '../../../src/lib/voice-agent/storage/sessions/segments.js'

const NOTHING_CHANGED = { changed: new Map(), stored: new Map(), createVersion: () => 'unexpected' }

test('a full block that was not loaded keeps its record if all later segments are removed', () => {
  const before = fromHead({ blocks: ['first', 'second'], last: ['a', 'b'] })
  const removed = versionsAfter(before, { ...NOTHING_CHANGED, segmentCount: 2 * BLOCK_SIZE })
  expect(removed.changedBlocks).toEqual([])
  expect(toHead(removed.versions)).toEqual({ blocks: ['first', 'second'], last: [] })

  const changed = new Map([[2 * BLOCK_SIZE, 'c']])
  const added = versionsAfter(fromHead(toHead(removed.versions)), {
    ...NOTHING_CHANGED,
    changed,
    segmentCount: 2 * BLOCK_SIZE + 1,
  })
  expect(toHead(added.versions)).toEqual({ blocks: ['first', 'second'], last: ['c'] })
})

test('a loaded block becomes the last one if all later segments are removed', () => {
  const { blocks, loaded } = fromHead({ blocks: ['first', 'second'], last: ['a'] })
  const second = Array.from({ length: BLOCK_SIZE }, (_, index) => `segment ${index}`)
  const before = { blocks, loaded: new Map(loaded).set(1, second) }
  const { versions } = versionsAfter(before, { ...NOTHING_CHANGED, segmentCount: 2 * BLOCK_SIZE })
  expect(toHead(versions)).toEqual({ blocks: ['first'], last: second })
})
