import { expect, onTestFinished, test, vi } from 'vitest'
import { pageStorage } from '../../../src/lib/voice-agent/storage/tabs/session-storage.js'
import { createTab } from '../../../src/lib/voice-agent/storage/tabs/tab-identity.js'
import { isWebKit } from './engine.js'

let count = 0
const freshName = () => `tabs-${Date.now()}-${count++}`

/** A new tab's sessionStorage, optionally with a copy of another tab's, as in a duplicated tab. */
function ownStorage(copied: object = {}): Storage {
  const items: Record<string, string> = { ...copied }
  const methods: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = {
    getItem: (key) => items[key] ?? null,
    setItem: (key, value) => {
      items[key] = value
    },
    removeItem: (key) => {
      delete items[key]
    },
  }
  return new Proxy(items, {
    get: (target, name) => Reflect.get(methods, name) ?? Reflect.get(target, name),
  }) as unknown as Storage
}

function openTab(databaseName: string, area: Storage, realm = '') {
  const tab = createTab(databaseName, pageStorage(databaseName, realm, { area }))
  onTestFinished(() => tab.release())
  return tab
}

test('a reload keeps its id, thirty times over', async () => {
  const name = freshName()
  const area = ownStorage()
  const first = openTab(name, area)
  const { tabId } = await first.claim()
  let previous = first
  for (let reload = 0; reload < 30; reload++) {
    previous.release()
    // A closed page has released its lock. Waits until the next page can acquire it.
    await navigator.locks.request(`redux-voice-agent:${name}:tab:${tabId}`, () => {})
    previous = openTab(name, area)
    expect(await previous.claim()).toEqual({ tabId, isDuplicate: false })
  }
})

test("a duplicated tab gets its own id and drops the other's token, journal and call", async () => {
  const name = freshName()
  const area = ownStorage()
  const original = openTab(name, area)
  const { tabId } = await original.claim()
  area.setItem(`redux-voice-agent:${name}:token`, 'sealed')
  area.setItem(`redux-voice-agent:${name}:journal:s1`, 'sealed')
  original.setCallIntent('wanted')

  const copy = ownStorage(area)
  const duplicate = openTab(name, copy)
  const claimed = await duplicate.claim()
  expect(claimed.isDuplicate).toBe(true)
  expect(claimed.tabId).not.toBe(tabId)
  expect(Object.keys(copy)).toEqual([`redux-voice-agent:${name}:tab`])
  expect(duplicate.callIntent()).toBe(null)
  expect(Object.keys(area)).toHaveLength(4)
  expect(Object.keys(area).filter((key) => key.includes(':mark:'))).toEqual([])
  expect(await duplicate.liveTabs()).toEqual(new Set([tabId, claimed.tabId]))
})

test("a call requested before the tab is known is left to the tab's next page", async () => {
  const name = freshName()
  const area = ownStorage()
  const first = openTab(name, area)
  first.setCallIntent('wanted')
  await first.claim()
  expect(first.callIntent()).toBe('wanted')
  // A duplicate forgets the other tab's call, not its own.
  const copy = ownStorage(area)
  const duplicate = openTab(name, copy)
  duplicate.setCallIntent('ended')
  await duplicate.claim()
  expect([first.callIntent(), duplicate.callIntent()]).toEqual(['wanted', 'ended'])
  first.setCallIntent(null)
  expect(first.callIntent()).toBe(null)
})

test('a lock whose holder never responds is taken over', async () => {
  const name = freshName()
  const area = ownStorage()
  area.setItem(`redux-voice-agent:${name}:tab`, 'stale')
  let robbed: unknown
  const held = new Promise<void>((granted) => {
    navigator.locks
      .request(`redux-voice-agent:${name}:tab:stale`, () => {
        granted()
        return new Promise(() => {})
      })
      .catch((error: unknown) => {
        robbed = error
      })
  })
  await held
  expect(await openTab(name, area).claim()).toEqual({ tabId: 'stale', isDuplicate: false })
  expect(robbed).toMatchObject({ name: 'AbortError' })
})

test('a tab whose id another page took stores a new one before it owns it, so that a reload finds it', async () => {
  const name = freshName()
  const area = ownStorage()
  const { tabId } = await openTab(name, area).claim()
  const idOf = () => area.getItem(`redux-voice-agent:${name}:tab`)
  expect(idOf()).toBe(`${tabId}.`)
  const request = navigator.locks.request.bind(navigator.locks)
  // From now on, no new id is granted.
  const requests = vi.spyOn(navigator.locks, 'request').mockImplementation(() => new Promise(() => {}))
  onTestFinished(() => requests.mockRestore())
  await request(`redux-voice-agent:${name}:tab:${tabId}`, { steal: true }, () => {})
  await expect.poll(idOf).not.toBe(`${tabId}.`)
})

test('without Web Locks, a duplicate is still detected by asking', async () => {
  const name = freshName()
  const descriptor = Object.getOwnPropertyDescriptor(Navigator.prototype, 'locks')
  Object.defineProperty(Navigator.prototype, 'locks', { value: undefined, configurable: true })
  try {
    const area = ownStorage()
    const original = openTab(name, area)
    const { tabId } = await original.claim()
    const copy = ownStorage(area)
    // The time stands still until the answer is there, because a busy machine may need longer than a page waits for it.
    const { setTimeout: realTimeout } = globalThis
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const claiming = openTab(name, copy).claim()
    const stored = () => copy.getItem(`redux-voice-agent:${name}:tab`)
    while (stored() !== null) await new Promise((resolve) => realTimeout(resolve))
    // No page answers for the new id. Each check advances the time.
    await vi.waitFor(() => expect(stored()).not.toBeNull())
    vi.useRealTimers()
    expect(await claiming).toMatchObject({ isDuplicate: true })
    original.release()
    expect(await openTab(name, area).claim()).toEqual({ tabId, isDuplicate: false })
  } finally {
    if (descriptor) Object.defineProperty(Navigator.prototype, 'locks', descriptor)
  }
})

test.skipIf(isWebKit)(
  'a tab opened by a window, with its sessionStorage copied, is detected as a duplicate',
  async () => {
    const databaseName = freshName()
    const tab = openTab(databaseName, sessionStorage)
    const { tabId } = await tab.claim()
    const channel = new BroadcastChannel(databaseName)
    const answer = new Promise<unknown>((resolve) => {
      channel.onmessage = ({ data }) => resolve(data)
    })
    const opened = window.open('about:blank')
    const script = opened?.document.createElement('script')
    if (!opened || !script) throw new Error('The browser opened no window.')
    script.type = 'module'
    script.textContent = `
    import { createTab } from ${JSON.stringify(new URL('../../../src/lib/voice-agent/storage/tabs/tab-identity.ts', import.meta.url).href)}
    import { pageStorage } from ${JSON.stringify(new URL('../../../src/lib/voice-agent/storage/tabs/session-storage.ts', import.meta.url).href)}
    const name = ${JSON.stringify(databaseName)}
    const claim = await createTab(name, pageStorage(name, '')).claim()
    new BroadcastChannel(name).postMessage(claim)`
    opened.document.head.append(script)
    const claimed = await answer
    opened.close()
    channel.close()
    expect(claimed).toMatchObject({ isDuplicate: true })
    expect(claimed).not.toMatchObject({ tabId })
  },
)
