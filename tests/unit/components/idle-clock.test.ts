import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createIdleClock } from '../../../src/components/voice-agent/watch/index.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function start(timeoutMs: number) {
  const log: (string | number)[] = []
  const begun = Date.now()
  const clock = createIdleClock(timeoutMs, {
    onWarning: (endsAt) => log.push(endsAt === null ? 'back' : (endsAt - begun) / 1000),
    onEnd: () => log.push('end'),
  })
  return { clock, log, seconds: (count: number) => vi.advanceTimersByTime(count * 1000) }
}

it('warns 30 s before it ends', () => {
  const { clock, log, seconds } = start(120_000)
  clock.touch()
  seconds(89)
  expect(log).toEqual([])
  seconds(1)
  expect(log).toEqual([120])
  seconds(29)
  expect(log).toEqual([120])
  seconds(1)
  expect(log).toEqual([120, 'end'])
  expect(vi.getTimerCount()).toBe(0)
})

it('warns at half of a short time', () => {
  const { clock, log, seconds } = start(20_000)
  clock.touch()
  seconds(10)
  expect(log).toEqual([20])
})

it('restarts with each touch, also during the warning', () => {
  const { clock, log, seconds } = start(60_000)
  clock.touch()
  seconds(29)
  clock.touch()
  seconds(29)
  expect(log).toEqual([])
  seconds(1)
  expect(log).toEqual([89])
  clock.touch()
  expect(log).toEqual([89, 'back'])
  seconds(59)
  expect(log).toEqual([89, 'back', 119])
  seconds(30)
  expect(log.at(-1)).toBe('end')
})

it('stands still while paused, and withdraws a warning', () => {
  const { clock, log, seconds } = start(60_000)
  clock.touch()
  seconds(40)
  clock.pause()
  expect(log).toEqual([60, 'back'])
  seconds(600)
  expect(log).toHaveLength(2)
  expect(vi.getTimerCount()).toBe(0)
})

it('shows the warning for its full time after the device slept', () => {
  const { clock, log, seconds } = start(60_000)
  clock.touch()
  // The clock continues while the timer is late.
  vi.setSystemTime(Date.now() + 3_600_000)
  seconds(30)
  expect(log).toEqual([3600 + 60])
  seconds(29)
  expect(log).toHaveLength(1)
})
