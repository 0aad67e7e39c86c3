import { expect, onTestFinished, test, vi } from 'vitest'
import { createUnloadListener } from '../../../src/lib/voice-agent/page/page-lifecycle.js'

test('beforeunload has a listener only while something is unsaved, and for ten seconds more', () => {
  vi.useFakeTimers()
  const listener = vi.fn()
  const unload = createUnloadListener(listener)
  onTestFinished(() => {
    unload.stop()
    vi.useRealTimers()
  })
  const calls = () => {
    listener.mockClear()
    window.dispatchEvent(new Event('beforeunload'))
    return listener.mock.calls.length
  }
  expect(calls()).toBe(0)
  unload.setDirty(true)
  expect(calls()).toBe(1)
  unload.setDirty(false)
  vi.advanceTimersByTime(9_000)
  unload.setDirty(true)
  vi.advanceTimersByTime(60_000)
  expect(calls()).toBe(1)
  unload.setDirty(false)
  vi.advanceTimersByTime(10_000)
  expect(calls()).toBe(0)
})
