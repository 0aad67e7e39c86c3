import { expect, onTestFinished, test } from 'vitest'
import { contest } from '../../../src/lib/voice-agent/storage/tabs/contest.js'
import type { Marks } from '../../../src/lib/voice-agent/storage/tabs/presence.js'
import { createPresence } from '../../../src/lib/voice-agent/storage/tabs/presence.js'
import type { IdLocks } from '../../../src/lib/voice-agent/storage/tabs/web-locks.js'

/** Locks of a page that never gets one, because another page has it. */
const takenLocks: IdLocks = {
  tryHold: async () => 'taken',
  waitFor: (_id, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(false))),
  steal: async () => {},
  release: async () => {},
  listHeld: async () => new Set(),
  listHeldElsewhere: async () => new Set(),
  findHolder: async () => null,
}

function marksOf(area: Set<string>): Marks {
  let count = 0
  return {
    put() {
      const mark = `mark-${++count}`
      area.add(mark)
      return mark
    },
    has: (mark) => area.has(mark),
    remove: (mark) => void area.delete(mark),
  }
}

/** A page requests an id whose owner responds from another sessionStorage, or from the same one. */
async function contestWith(channelName: string, area: Set<string>, ownerSees: (mark: string) => boolean) {
  const owner = createPresence(channelName, ownerSees)
  owner.answerFor('tab')
  const presence = createPresence(channelName, (mark) => area.has(mark))
  onTestFinished(() => {
    owner.close()
    presence.close()
  })
  const marks = marksOf(area)
  const ports = {
    locks: takenLocks,
    judges: takenLocks,
    presence,
    silentPages: new Set<string>(),
    marks,
    onOwned() {},
    async onTaken() {},
  }
  return contest('tab', ports, marks.put(), new AbortController().signal)
}

test('an owner that sees the marks shares the sessionStorage', async () => {
  const area = new Set<string>()
  expect(await contestWith('shared', area, (mark) => area.has(mark))).toBe('shared')
  expect(area).toEqual(new Set(['mark-1']))
})

test('an owner that sees no mark is elsewhere', async () => {
  expect(await contestWith('elsewhere', new Set(), () => false)).toBe('elsewhere')
})

test('a tab that was duplicated during the contest has a copy of the mark, and still counts as elsewhere', async () => {
  const area = new Set<string>()
  let copy: ReadonlySet<string> | null = null
  const ownerSees = (mark: string) => {
    copy ??= new Set(area)
    return copy.has(mark)
  }
  expect(await contestWith('duplicated', area, ownerSees)).toBe('elsewhere')
})

test('an owner that responded and then goes silent counts as silent', async () => {
  const owner = createPresence('silent', () => false)
  owner.answerFor('tab')
  const presence = createPresence('silent', () => false)
  const inquiry = presence.inquire('tab', 'mark')
  onTestFinished(() => {
    inquiry.close()
    presence.close()
  })
  expect(await inquiry.ask(1_000)).toMatchObject({ seesMark: false })
  owner.close()
  expect(await inquiry.ask(10, 'fresh mark')).toBeNull()
  expect(await inquiry.ask(10)).toBeNull()
})
