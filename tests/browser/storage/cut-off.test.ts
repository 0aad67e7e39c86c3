import { expect, onTestFinished, test, vi } from 'vitest'
import { createLazyStorage } from '../../../src/lib/voice-agent/storage/lazy-storage.js'

let count = 0

/** A storage whose code is cut off once, after `leaving` was said. */
function openCutOff(leaving: string) {
  let isCut = false
  const load = vi.fn(async () => {
    if (isCut) return import('../../../src/lib/voice-agent/storage/storage.js')
    isCut = true
    window.dispatchEvent(new Event(leaving))
    throw new TypeError('error loading dynamically imported module')
  })
  const { records, tab } = createLazyStorage({ databaseName: `cut-off-${Date.now()}-${count++}` }, load)
  const statuses: unknown[] = []
  const opened = records.open((status, error) => statuses.push([status, error?.code]))
  onTestFinished(async () => {
    // For the listeners of other tests, the page is back.
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    await opened
    tab.release()
    await records.close()
  })
  return { load, statuses, opened }
}

test.each([
  ['Firefox', 'beforeunload'],
  ['Chromium', 'pagehide'],
])(
  'code that %s cuts off with the page is asked for again if it stays or comes back',
  async (_browser, leaving) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const { load, statuses, opened } = openCutOff(leaving)
    await vi.advanceTimersByTimeAsync(4_999)
    expect(load).toHaveBeenCalledTimes(1)
    expect(statuses).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    expect(await opened).toBe('persistent')
    expect(statuses).toEqual([['persistent', undefined]])
  },
)
