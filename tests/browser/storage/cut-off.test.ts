import { expect, onTestFinished, test, vi } from 'vitest'
import { importWithUnloadRetry } from '../../../src/lib/voice-agent/page/page-exit.js'

test.each([
  ['Firefox', 'beforeunload'],
  ['Chromium', 'pagehide'],
])(
  'code that %s cuts off as the page unloads is loaded again if the page stays',
  async (_browser, leaving) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    onTestFinished(() => {
      vi.useRealTimers()
      // Tells the listeners of other tests that the page has returned.
      window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    })
    let isCut = false
    const load = vi.fn(async () => {
      if (isCut) return 'the code'
      isCut = true
      window.dispatchEvent(new Event(leaving))
      throw new TypeError('error loading dynamically imported module')
    })
    const loading = importWithUnloadRetry(load)
    await vi.advanceTimersByTimeAsync(4_999)
    expect(load).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await loading).toBe('the code')
  },
)
