import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createSaveTimer } from '../../../middleware/drivers/storage/saving.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function timerOf({ maxWaitMs = 60_000 } = {}) {
  const saves: number[] = []
  const start = Date.now()
  const timer = createSaveTimer({
    maxWaitMs,
    save: () => {
      timer.disarm()
      saves.push(Date.now() - start)
    },
  })
  return { timer, saves }
}

test('a save is due a full debounce after the last change, however many there were', () => {
  const { timer, saves } = timerOf()
  timer.arm(2_000)
  vi.advanceTimersByTime(1_500)
  timer.arm(2_000)
  vi.advanceTimersByTime(1_999)
  expect(saves).toEqual([])
  vi.advanceTimersByTime(10_000)
  expect(saves).toEqual([3_500])
})

test('a stream of changes does not delay it beyond the maximum wait', () => {
  const { timer, saves } = timerOf({ maxWaitMs: 5_000 })
  for (let change = 0; change < 600; change++) {
    timer.arm(2_000)
    vi.advanceTimersByTime(20)
  }
  expect(saves).toEqual([5_000, 10_000])
})

test('a shorter wait wins, and a cancelled timer saves nothing', () => {
  const { timer, saves } = timerOf()
  timer.arm(30_000)
  timer.arm(2_000)
  vi.advanceTimersByTime(2_000)
  expect(saves).toEqual([2_000])
  timer.arm(2_000)
  timer.disarm()
  vi.advanceTimersByTime(120_000)
  expect(saves).toHaveLength(1)
})

test('setting the clock back does not delay a save', () => {
  const { timer, saves } = timerOf()
  timer.arm(2_000)
  vi.setSystemTime(Date.now() - 3_600_000)
  vi.advanceTimersByTime(2_000)
  expect(saves).toHaveLength(1)
})

test('nor does it in the middle of a stream of changes', () => {
  const { timer, saves } = timerOf({ maxWaitMs: 5_000 })
  timer.arm(2_000)
  vi.setSystemTime(Date.now() - 3_600_000)
  for (let change = 0; change < 400; change++) {
    timer.arm(2_000)
    vi.advanceTimersByTime(20)
  }
  expect(saves.length).toBeGreaterThanOrEqual(1)
})
