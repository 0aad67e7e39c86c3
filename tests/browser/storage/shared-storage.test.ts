import { expect, onTestFinished, test } from 'vitest'
import { pageStorage, realmName } from '../../../src/lib/voice-agent/storage/tabs/session-storage.js'
import { createTab, type TabOptions } from '../../../src/lib/voice-agent/storage/tabs/tab-identity.js'
import { freshName } from './persisted-store.js'

type Items = Map<string, string>

/** A sessionStorage with these items. Each document in a tab has a separate object with the same items. */
function areaOf(items: Items, capacity = Number.POSITIVE_INFINITY): Storage {
  const sizeWithout = (name: string) =>
    [...items].reduce((size, [key, value]) => size + (key === name ? 0 : key.length + value.length), 0)
  const methods: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = {
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      if (sizeWithout(key) + key.length + value.length > capacity)
        throw new DOMException('', 'QuotaExceededError')
      items.set(key, value)
    },
    removeItem: (key) => void items.delete(key),
  }
  return new Proxy(methods, {
    ownKeys: () => [...items.keys()],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
  }) as unknown as Storage
}

/** A document in a tab. @param items Its tab's sessionStorage. */
function openDocument(databaseName: string, items: Items, realm = '', options: TabOptions = {}) {
  const page = pageStorage(databaseName, realm, { area: areaOf(items) })
  const tab = createTab(databaseName, page, options)
  const close = async () => {
    const { tabId } = await tab.claim()
    tab.release()
    // Waits until the next document can own the id.
    await navigator.locks.request(`redux-voice-agent:${databaseName}:tab:${tabId}`, () => {})
  }
  onTestFinished(() => tab.release())
  return { tab, page, close }
}

const idOf = async ({ tab }: ReturnType<typeof openDocument>) => (await tab.claim()).tabId

test('a page and its frame find their own entries again, whichever loads first', async () => {
  const databaseName = freshName('frame')
  const items: Items = new Map()
  const first = ['', 'chat'].map((realm) => openDocument(databaseName, items, realm))
  const ids = await Promise.all(first.map(idOf))
  expect(new Set(ids).size).toBe(2)
  for (const [index, { page }] of first.entries()) page.set('token', `token ${index}`)

  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    for (const { close } of first.splice(0)) await close()
    for (const index of order) {
      const opened = openDocument(databaseName, items, ['', 'chat'][index])
      expect(await opened.tab.claim()).toEqual({ tabId: ids[index], isDuplicate: false })
      expect(opened.page.get('token')).toBe(`token ${index}`)
      first.push(opened)
    }
  }
})

test('indistinguishable documents never share entries, however they race', async () => {
  const databaseName = freshName('race')
  const items: Items = new Map()
  const open = () => Array.from({ length: 4 }, () => openDocument(databaseName, items, 'same'))
  const first = open()
  const ids = await Promise.all(first.map(idOf))
  expect(new Set(ids).size).toBe(4)
  for (const [index, { page }] of first.entries()) page.set('token', `token ${ids[index]}`)
  expect(first.map(({ page }) => page.get('token'))).toEqual(ids.map((id) => `token ${id}`))
  await Promise.all(first.map(({ close }) => close()))

  const again = open()
  const claims = await Promise.all(again.map(({ tab }) => tab.claim()))
  expect(claims.map(({ tabId }) => tabId).sort()).toEqual([...ids].sort())
  for (const [index, { page }] of again.entries())
    expect(page.get('token')).toBe(`token ${claims[index]?.tabId}`)
})

test("a document that shares its owner's storage removes nothing; one with a copy removes the copy", async () => {
  const databaseName = freshName('copy')
  const items: Items = new Map()
  const owner = openDocument(databaseName, items)
  const tabId = await idOf(owner)
  owner.page.set('token', 'encrypted')
  const copied: Items = new Map(items)

  const sharing = openDocument(databaseName, items)
  expect(await sharing.tab.claim()).toMatchObject({ isDuplicate: false })
  expect(sharing.page.get('token')).toBeNull()
  expect(owner.page.get('token')).toBe('encrypted')

  const copy = openDocument(databaseName, copied)
  expect(await copy.tab.claim()).toMatchObject({ isDuplicate: true })
  expect(copy.page.get('token')).toBeNull()
  expect(await idOf(copy)).not.toBe(tabId)
  expect(owner.page.get('token')).toBe('encrypted')
})

/** Owns an id like a page that responds after `ms` milliseconds. */
async function occupyId(databaseName: string, id: string, ms: number) {
  const channel = new BroadcastChannel(`redux-voice-agent:${databaseName}:tabs`)
  const questions: number[] = []
  channel.onmessage = ({ data: { kind, from, question } }) => {
    if (kind !== 'ping') return
    questions.push(question)
    setTimeout(() => channel.postMessage({ kind: 'pong', id, to: from, question, seesMark: false }), ms)
  }
  let isStolen = false
  await new Promise<void>((granted) => {
    const held = () => {
      granted()
      return new Promise(() => {})
    }
    navigator.locks.request(`redux-voice-agent:${databaseName}:tab:${id}`, held).catch(() => {
      isStolen = true
    })
  })
  return { questions, isStolen: () => isStolen, stop: () => channel.close() }
}

test('an owner that responds only after 1.5 s keeps its id, and until then nothing is removed', async () => {
  const databaseName = freshName('busy')
  const items: Items = new Map([[`redux-voice-agent:${databaseName}:tab`, 'owned.']])
  items.set(`redux-voice-agent:${databaseName}:token`, 'encrypted')
  const owner = await occupyId(databaseName, 'owned', 1_500)
  const { tab } = openDocument(databaseName, items)
  const claiming = tab.claim()
  await expect.poll(() => owner.questions.length).toBe(1)
  expect(items.get(`redux-voice-agent:${databaseName}:token`)).toBe('encrypted')
  const claimed = await claiming
  expect(claimed).toMatchObject({ isDuplicate: true })
  expect(claimed.tabId).not.toBe('owned')
  expect(owner.isStolen()).toBe(false)
  owner.stop()
})

test('an owner that cannot compare the storages loses nothing, and neither does the document that asks', async () => {
  const databaseName = freshName('full')
  const token = `redux-voice-agent:${databaseName}:token`
  const items: Items = new Map([
    [`redux-voice-agent:${databaseName}:tab`, 'owned.'],
    [token, 'encrypted'],
  ])
  const size = [...items].reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  const owner = await occupyId(databaseName, 'owned', 0)
  // There is no room for a mark.
  const tab = createTab(databaseName, pageStorage(databaseName, '', { area: areaOf(items, size) }))
  expect(await tab.claim()).toMatchObject({ isDuplicate: true })
  expect(items.get(token)).toBe('encrypted')
  expect(owner.isStolen()).toBe(false)
  tab.release()
  owner.stop()
})

test("a reload waits for the previous page's lock instead of asking it for long", async () => {
  const databaseName = freshName('slow')
  const items: Items = new Map([[`redux-voice-agent:${databaseName}:tab`, 'mine.']])
  let leave = () => {}
  await new Promise<void>((granted) => {
    void navigator.locks.request(`redux-voice-agent:${databaseName}:tab:mine`, () => {
      granted()
      return new Promise<void>((left) => {
        leave = left
      })
    })
  })
  const { tab } = openDocument(databaseName, items)
  const claiming = tab.claim()
  // The previous page still exists when the next one asks.
  const asked = new BroadcastChannel(`redux-voice-agent:${databaseName}:tabs`)
  await new Promise((resolve) => {
    asked.onmessage = resolve
  })
  leave()
  expect(await claiming).toEqual({ tabId: 'mine', isDuplicate: false })
  asked.close()
})

test('a page whose id was taken over gets a new one, and its next page finds its entries', async () => {
  const databaseName = freshName('robbed')
  const items: Items = new Map()
  const robbed = openDocument(databaseName, items)
  const tabId = await idOf(robbed)
  robbed.page.set('journal:s1', 'encrypted')
  const lock = `redux-voice-agent:${databaseName}:tab:${tabId}`
  await new Promise<void>((granted) => {
    void navigator.locks.request(lock, { steal: true }, () => {
      granted()
      return new Promise(() => {})
    })
  })
  const stored = () => items.get(`redux-voice-agent:${databaseName}:tab`)
  await expect.poll(stored).not.toContain(tabId)
  const newId = stored()?.slice(0, -1)
  robbed.tab.release()
  await navigator.locks.request(`redux-voice-agent:${databaseName}:tab:${newId}`, () => {})
  const next = openDocument(databaseName, items)
  expect(await next.tab.claim()).toEqual({ tabId: newId, isDuplicate: false })
  expect(next.page.get('journal:s1')).toBe('encrypted')
})

test('a page in the back/forward cache lets other pages own its id, and gets it back', async () => {
  const databaseName = freshName('cache')
  const items: Items = new Map()
  const page = openDocument(databaseName, items)
  const tabId = await idOf(page)
  const other = openDocument(databaseName, new Map())
  const isHeld = async () => (await other.tab.liveTabs())?.has(tabId)
  expect(await isHeld()).toBe(true)
  window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
  await expect.poll(isHeld).toBe(false)
  window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  await expect.poll(isHeld).toBe(true)
})

test('an id that cannot be stored is reported, and so is a missing token if there is only room for the id', async () => {
  const databaseName = freshName('no-room')
  let isReported = false
  const none = createTab(databaseName, pageStorage(databaseName, '', { area: areaOf(new Map(), 10) }), {
    onNotStored: () => {
      isReported = true
    },
  })
  await none.claim()
  expect(isReported).toBe(true)
  none.release()

  const items: Items = new Map()
  const { tab, close } = openDocument(databaseName, items)
  const tabId = await idOf({ tab } as ReturnType<typeof openDocument>)
  const size = [...items].reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  tab.setTokenMissing(true)
  expect([...items].reduce((sum, [key, value]) => sum + key.length + value.length, 0)).toBe(size)
  await close()
  const next = openDocument(databaseName, items)
  expect(await next.tab.claim()).toEqual({ tabId, isDuplicate: false })
  expect(next.tab.isTokenMissing()).toBe(true)
})

test('a realm is named after its frames: by name, by id, or by position, even below cross-origin frames', () => {
  const top = {} as Record<string, unknown>
  top.parent = top
  const sibling = {}
  const foreign = { parent: top, length: 1 } as Record<string, unknown>
  Object.assign(top, { 0: sibling, 1: foreign, length: 2 })
  Object.defineProperty(foreign, 'name', {
    get() {
      throw new DOMException('', 'SecurityError')
    },
  })
  const own = { parent: foreign, name: '', frameElement: null } as Record<string, unknown>
  foreign[0] = own
  const nameOf = (self: unknown) => realmName(self as typeof globalThis)
  expect(nameOf(top)).toBe('')
  expect(nameOf(own)).toBe('[1]/[0]')
  expect(nameOf({ ...own, name: 'chat' })).toBe('[1]/chat')
  expect(nameOf({ ...own, frameElement: { id: 'support' } })).toBe('[1]/support')
})
