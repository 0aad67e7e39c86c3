import { describe, expect, it } from 'vitest'
import type { Message } from '../../../store/index.js'
import {
  appendMessage,
  emptyLog,
  findRecent,
  insertMessage,
  prependMessages,
  toMessageLog,
  toMessages,
  updateMessage,
} from '../../../store/message-log.js'
import { moveToEnd } from '../../../store/outbox.js'
import { listOf } from '../../../store/snapshot.js'

const message = (id: string): Message => ({ id, role: 'user', text: id, status: 'final', createdAt: 1 })
const messages = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => message(`m${from + index}`))

describe('the message log', () => {
  it('keeps messages in order, in chunks of 64, however they arrived', () => {
    const log = messages(200).reduce(appendMessage, emptyLog)
    expect(toMessages(log)).toEqual(messages(200))
    expect(log.full.map((chunk) => chunk.length)).toEqual([64, 64, 64])
    expect(toMessageLog(messages(200))).toEqual(log)
    const early = prependMessages(toMessageLog(messages(10, 100)), messages(100))
    expect(toMessages(early)).toEqual(messages(110))
    expect(early.count).toBe(110)
  })

  it('inserts a message before later ones, in the same chunks as if they had arrived in order', () => {
    for (const length of [1, 63, 64, 65, 128]) {
      const given = messages(length)
      const isLater = ({ id }: Message) => id === `m${length - 1}`
      const log = insertMessage(toMessageLog(given), message('late'), isLater)
      expect(log).toEqual(toMessageLog(given.toSpliced(-1, 0, message('late'))))
      expect(insertMessage(log, message('late'), isLater)).toBe(log)
    }
  })

  it('inserts a message before later ones that have completed a chunk', () => {
    for (const length of [2, 63, 64, 65, 66, 67, 128, 130]) {
      const given = messages(length)
      const laterIds = given.slice(-3).map(({ id }) => id)
      const log = insertMessage(toMessageLog(given), message('late'), ({ id }) => laterIds.includes(id))
      const place = Math.max(0, length - 3)
      expect(log).toEqual(toMessageLog(given.toSpliced(place, 0, message('late'))))
    }
  })

  it('changes only the last chunk when a message is added or changes', () => {
    const log = toMessageLog(messages(200))
    const added = appendMessage(log, message('new'))
    const changed = updateMessage(added, 'new', (before) => ({ ...before, text: 'other' }))
    expect(added.full).toBe(log.full)
    expect(changed.full).toBe(log.full)
    expect(changed.tail.slice(0, -1)).toEqual(added.tail.slice(0, -1))
    expect(findRecent(changed, 'new')?.text).toBe('other')
  })

  it('still changes a turn whose chunk was completed meanwhile', () => {
    const log = appendMessage(toMessageLog(messages(64)), message('next'))
    const changed = updateMessage(log, 'm63', (before) => ({ ...before, text: 'late' }))
    expect(toMessages(changed)[63]?.text).toBe('late')
    expect(changed.full[0]?.[0]).toBe(log.full[0]?.[0])
  })

  it('returns complete chunks by reference', () => {
    const log = appendMessage(toMessageLog(messages(200)), message('new'))
    const list = listOf(log)
    expect(list.length).toBe(201)
    expect(list.slice(64, 128)).toBe(log.full[1])
    expect(list.slice(192, 201)).toBe(log.tail)
    expect(list.slice(100, 130)).toEqual(messages(30, 100))
    // A short chunk shifts those after it.
    const shifted = updateMessage(toMessageLog(messages(192)), 'm150', () => null)
    const short = listOf(prependMessages(shifted, messages(10, 1_000)))
    expect([...short.slice(0, 64)]).toEqual([...messages(10, 1_000), ...messages(54)])
    expect(short.slice(192, 201).map(({ id }) => id)).toEqual(messages(9, 183).map(({ id }) => id))
  })

  it('has no empty chunk, because a view finds a chunk by its index among the non-empty ones', () => {
    const log = prependMessages(toMessageLog(messages(3, 100)), messages(65))
    const removed = updateMessage(log, 'm64', () => null)
    expect(removed.full.map((chunk) => chunk.length)).toEqual([64])
    expect(toMessages(removed)).toEqual([...messages(64), ...messages(3, 100)])
    expect(removed.count).toBe(67)
  })

  it('moves one of the last messages to the end, across any chunk boundary', () => {
    for (const length of [1, 2, 63, 64, 65, 128, 129, 192]) {
      for (const earlier of [0, 1, 64, 65]) {
        const given = [...messages(earlier, 1_000), ...messages(length)]
        const log = prependMessages(toMessageLog(messages(length)), messages(earlier, 1_000))
        for (const { id } of given) {
          const moved = moveToEnd(log, id, 1)
          if (moved === null) continue
          const rest = given.filter((other) => other.id !== id)
          expect(toMessages(moved)).toEqual([...rest, message(id)])
          expect(moved.count).toBe(given.length)
          expect(moved.full.every((chunk) => chunk.length > 0)).toBe(true)
          expect([...listOf(moved).slice(0, moved.count)]).toEqual(toMessages(moved))
        }
      }
    }
  })

  it('adds no message twice, and returns the same log if nothing changes', () => {
    const log = toMessageLog(messages(3))
    expect(appendMessage(log, message('m1'))).toBe(log)
    expect(updateMessage(log, 'unknown', () => null)).toBe(log)
    expect(updateMessage(log, 'm1', (same) => same)).toBe(log)
    const removed = updateMessage(log, 'm1', () => null)
    expect(toMessages(removed).map(({ id }) => id)).toEqual(['m0', 'm2'])
    expect(removed.count).toBe(2)
  })
})
