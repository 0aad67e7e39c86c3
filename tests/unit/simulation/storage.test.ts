import { expect, test } from 'vitest'
import { check } from '../../simulation/check.js'
import { storageMutants } from '../../simulation/mutants.js'
import { parseOps } from '../../simulation/notation.js'
import { storageSubject } from '../../simulation/storage/storage.simulation.js'

// `npm run sim -- --seconds 60` runs longer, with other seeds.
test('nothing that is stored is lost, mixed up or overwritten, whatever several tabs and a disk do', async () => {
  const { violated, states } = await check(await storageSubject(), { seed: 1, runs: 200 })
  expect(violated).toBeNull()
  expect(states.size).toBeGreaterThan(1000)
}, 300_000)

// Each has failed in one order of events of a few dozen, and is repeated with other orders.
test.each([
  [
    'words that are not encrypted when a session is taken, while an earlier save of them fails, become a copy',
    'begin 0, save 0, duplicate 0, save 0, save 0 +3, say 0 +c, dialog 0 +0, restore 1 +0',
  ],
  [
    'any number of words that are not encrypted when a session is taken become a copy',
    'begin 0, save 0, say 0 #2, restore 1 +0, say 0 #8 +0, dialog 0 +0',
  ],
  [
    'words that a page has said just after it opened a session become a copy if another page takes that',
    'begin 0, save 0, end 0, restore 0, wait 0 +11, say 0 +1, dialog 0 +0, restore 1 +0',
  ],
  [
    'words that a page journals while its earlier journal is replayed become a copy, too',
    'begin 0, save 0, navigate 0, save 0, back 0, say 0 +3, hide 0 +0, wait 0 +19, wait 0 +19, say 0 +10, hide 0 +0',
  ],
  [
    'a page that enters the back/forward cache as it loses its connection saves its session when it returns',
    'begin 0, lose 0, navigate 0 +0, back 0 +2',
  ],
  [
    'a session that is read while an earlier reading replays its journal is read again',
    'begin 0 #1, flush 0 #1, reload 0 #7 +c, fill 0 +0, chat 0 +c, end 0, rename 0 #7, hang 0 #7 +2, restore 0 #7',
  ],
  [
    'a session stays open until its last save was tried again after a lost connection',
    'begin 0, save 0, save 0 +c, say 1, save 0 +3, end 0 +c, restore 0 +1, lose 0 +c',
  ],
  [
    'a silent page does not overwrite a session, although the disk failed when another page took it',
    'begin 0 #1, reload 0 #1, restore 1 #6 +1, rename 1 #3 +17, failWrite 2 #2 +1, rename 2 #2 +0, dialog 1 #3 +4',
  ],
  [
    'a page that returns from the back/forward cache while it cleans up keeps the sessions of its own tab',
    'begin 0, end 0, day 0 #2, cleanUp 1, day 0 #2, cleanUp 0 +0, navigate 0 +2, back 0',
  ],
])(
  '%s',
  async (_what, ops) => {
    const { violated } = await check(await storageSubject(), { seed: 5, runs: 100, ops: parseOps(ops) })
    expect(violated?.message).toBeUndefined()
  },
  60_000,
)

test('a run is a function of its seed', async () => {
  const code = await storageSubject()
  const first = await check(code, { seed: 2, runs: 20 })
  const second = await check(code, { seed: 2, runs: 20 })
  expect([...second.states]).toEqual([...first.states])
  expect(second.events).toBe(first.events)
}, 300_000)

test('a seeded fault is found', async () => {
  const mutant = storageMutants.find(({ name }) => name.startsWith('a save is reported once it is sent'))
  const code = await storageSubject(mutant ? [mutant] : [])
  const { violated } = await check(code, { seed: 5, runs: 500 })
  expect(violated?.message).toBeTypeOf('string')
}, 300_000)
