import { describe, expect, it } from 'vitest'
import {
  beginsDay,
  createTimeFormat,
  showsTime,
  toDayNumber,
} from '../../../src/components/voice-agent/format/times.js'

const at = (day: number, hour: number, minute = 0) => new Date(2026, 0, day, hour, minute).getTime()
const today = toDayNumber(at(15, 9))

describe('times in the transcript', () => {
  it('are shown for the first message, after five minutes without messages, and on another day', () => {
    expect(showsTime(at(15, 9), null)).toBe(true)
    expect(showsTime(at(15, 9, 4), at(15, 9))).toBe(false)
    expect(showsTime(at(15, 9, 5), at(15, 9))).toBe(true)
    expect(showsTime(at(16, 0, 1), at(15, 23, 59))).toBe(true)
  })

  it('begin with each calendar day, and with the first message unless it is from today', () => {
    expect(beginsDay(at(15, 9), null, today)).toBe(false)
    expect(beginsDay(at(14, 9), null, today)).toBe(true)
    expect(beginsDay(at(15, 0, 1), at(14, 23, 59), today)).toBe(true)
    expect(beginsDay(at(14, 23), at(14, 0), today)).toBe(false)
  })

  it('are formatted for the language', () => {
    const american = createTimeFormat('en-US')
    expect(american.time(at(15, 18, 5)).replace(/\s/g, ' ')).toBe('6:05 PM')
    expect(american.day(at(15, 1), today)).toBe('Today')
    expect(american.day(at(14, 23), today)).toBe('Yesterday')
    expect(american.day(at(12, 9), today)).toBe('Monday, January 12')
    expect(american.day(new Date(2025, 11, 31).getTime(), today)).toBe('December 31, 2025')
    const german = createTimeFormat('de-DE')
    expect(german.time(at(15, 18, 5))).toBe('18:05')
    expect(german.day(at(15, 1), today)).toBe('Heute')
  })
})
