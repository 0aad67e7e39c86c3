import { expect, onTestFinished, test, vi } from 'vitest'
import { createLazyStorage } from '../../../src/lib/voice-agent/storage/lazy-storage.js'

let count = 0

const comeBack = () => window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))

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
    comeBack()
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
  'code that %s cuts off with the page is asked for again if it comes back, and nothing is said',
  async (_browser, leaving) => {
    const { statuses, opened } = openCutOff(leaving)
    await new Promise((resolve) => setTimeout(resolve))
    expect(statuses).toEqual([])
    window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
    expect(await opened).toBe('persistent')
    expect(statuses).toEqual([['persistent', undefined]])
  },
)

test('a download cuts the code off in Firefox, and the page stays: five seconds later it is asked for again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { load, statuses, opened } = openCutOff('beforeunload')
  await vi.advanceTimersByTimeAsync(4_999)
  expect(load).toHaveBeenCalledTimes(1)
  await vi.advanceTimersByTimeAsync(1)
  expect(await opened).toBe('persistent')
  expect(statuses).toEqual([['persistent', undefined]])
})
