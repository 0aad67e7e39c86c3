import { expect, test } from 'vitest'
import type { SessionRecords } from '../../../middleware/drivers/storage/ports.js'
import type { SessionSnapshot } from '../../../store/index.js'
import { Browser, Page, StorageArea } from '../../simulation/browser.js'
import { Disk, loadCode } from '../../simulation/disk.js'
import { codeOf, lockOf } from '../../simulation/storage/client.js'
import { bundleStorage } from '../../simulation/storage/storage.simulation.js'
import { World } from '../../simulation/world.js'

const id = 'talk'
const code = await bundleStorage()
const seeds = Array.from({ length: 25 }, (_, index) => index + 1)

const snapshotOf = (revision: number, texts: readonly string[]): SessionSnapshot => ({
  head: {
    id,
    tabId: 'tab',
    createdAt: 1,
    updatedAt: 1,
    connectionStatus: 'disconnected',
    conversationStatus: 'idle',
    startedAt: null,
    endedAt: null,
    reconnectAttempts: 0,
    messageCount: texts.length,
  },
  messages: texts.map((text, index) => ({
    id: `m${index}`,
    role: 'user',
    text,
    status: 'final',
    createdAt: 1,
  })),
  firstLoadedIndex: 0,
  revision,
  _persist: { version: 1, rehydrated: true },
})

/** Two tabs of one browser on one disk with a stored session that neither tab has open. */
async function openTabs(seed: number) {
  const world = new World(seed)
  const browser = new Browser(world)
  const disk = new Disk(world)
  const openTab = (name: string) => {
    const page = new Page(browser, name, new StorageArea())
    const { createStorage, renameStored } = loadCode(code, page, disk)
    const { records, tab } = createStorage({})
    void records.open(() => {})
    void tab.claim()
    return { page, records, renameStored }
  }
  const first = openTab('page 1')
  const second = openTab('page 2')
  await world.rest()
  const talk = async () => {
    await first.records.create(id)
    await first.records.setItem(id, snapshotOf(1, ['hello']))
    await first.records.release(id)
  }
  const talked = talk()
  await world.rest()
  await talked
  /** Renames it in the first tab. `onWrite` is called when the new title is about to be written. */
  const rename = (onWrite: () => void): Promise<string> => {
    const records: Pick<SessionRecords, 'getItem' | 'setItem' | 'release'> = {
      getItem: (sessionId) => first.records.getItem(sessionId),
      setItem(sessionId, snapshot) {
        onWrite()
        return first.records.setItem(sessionId, snapshot)
      },
      release: (sessionId) => first.records.release(sessionId),
    }
    return first.renameStored(id, 'Late', records).then(
      () => 'renamed',
      (error: unknown) => String(codeOf(error)),
    )
  }
  /** Opens it in the second tab, says something, and saves. */
  const continueElsewhere = async () => {
    const stored = await second.records.getItem(id)
    if (!stored) throw new Error('It is gone.')
    const { head, messages, revision } = snapshotOf(stored.revision + 1, ['hello', 'again'])
    await second.records.setItem(id, { ...stored, head: { ...stored.head, ...head }, messages, revision })
    return stored.head.title
  }
  const read = async () => {
    const stored = await second.records.getItem(id)
    return { title: stored?.head.title, texts: stored?.messages.map(({ text }) => text) }
  }
  return { world, browser, disk, first, second, rename, continueElsewhere, read }
}

test.each(seeds)(
  'a title that a blocked page writes after another tab has saved the session is not written (schedule %i)',
  async (seed) => {
    const { world, browser, first, second, rename, continueElsewhere, read } = await openTabs(seed)
    const answered = rename(() => first.page.fallSilent(12_000))
    // The second tab asks while the first one is blocked, and takes over the session because there is no response.
    let title: unknown = null
    world.setTimer(() => {
      void continueElsewhere().then((found) => {
        title = found
      })
    }, 1_000)
    await world.rest()
    expect(await answered).toBe('session-open-elsewhere')
    expect(title).toBeUndefined()
    expect(browser.holderOf(lockOf(id))).toBe(second.page)
    const found = read()
    await world.rest()
    expect(await found).toEqual({ title: undefined, texts: ['hello', 'again'] })
  },
)

test.each(seeds)(
  'a rename that the disk answers late keeps the session from other tabs until it is written (schedule %i)',
  async (seed) => {
    const { world, browser, disk, first, second, rename, continueElsewhere, read } = await openTabs(seed)
    let answer = ''
    void rename(() => disk.hang()).then((outcome) => {
      answer = outcome
    })
    await world.rest()
    // It settles although the disk never responds.
    expect(answer).toBe('storage-unreachable')
    expect(browser.holderOf(lockOf(id))).toBe(first.page)
    disk.heal()
    await world.rest()
    expect(browser.holderOf(lockOf(id))).toBeNull()
    const continued = continueElsewhere()
    await world.rest()
    expect(await continued).toBe('Late')
    expect(browser.holderOf(lockOf(id))).toBe(second.page)
    const found = read()
    await world.rest()
    expect(await found).toEqual({ title: 'Late', texts: ['hello', 'again'] })
  },
)

test.each(seeds)(
  'a session that is opened during a pending rename stays open (schedule %i)',
  async (seed) => {
    const { world, browser, disk, first, rename } = await openTabs(seed)
    const renamed = rename(() => disk.hang())
    await world.rest()
    expect(await renamed).toBe('storage-unreachable')
    // The user opens it in the same tab. The write, the release and the read may finish in any order.
    const reading = first.records.getItem(id)
    disk.heal()
    await world.rest()
    expect(await reading).toMatchObject({ head: { title: 'Late' } })
    expect(browser.holderOf(lockOf(id))).toBe(first.page)
    const saved = first.records.setItem(id, snapshotOf(9, ['hello', 'again']))
    await world.rest()
    await saved
    expect(disk.records.get(`session/${id}/head`)?.record).toMatchObject({ revision: 9 })
  },
)

test.each(seeds)(
  'a read that was given up does not take the session from a later one (schedule %i)',
  async (seed) => {
    const { world, browser, disk, first } = await openTabs(seed)
    const { records } = first
    disk.hang()
    // Its caller was told that the storage is silent, and releases the session once it is read.
    const late = records.getItem(id).then(
      () => records.release(id),
      (error: unknown) => codeOf(error),
    )
    const reading = records.getItem(id)
    disk.heal()
    await world.rest()
    expect(await reading).toMatchObject({ head: { id } })
    expect(await late).toBe('superseded')
    expect(browser.holderOf(lockOf(id))).toBe(first.page)
    const saved = records.setItem(id, snapshotOf(9, ['hello', 'again']))
    await world.rest()
    await saved
  },
)

test.each(seeds)(
  'a session that is released while it is read is free once it was read (schedule %i)',
  async (seed) => {
    const { world, browser, disk, first, continueElsewhere } = await openTabs(seed)
    disk.hang()
    const reading = first.records.getItem(id)
    const released = first.records.release(id)
    disk.heal()
    await world.rest()
    expect(await reading).toMatchObject({ head: { id } })
    await released
    expect(browser.holderOf(lockOf(id))).toBeNull()
    const continued = continueElsewhere()
    await world.rest()
    await continued
  },
)

test.each(seeds)(
  'a session that was never saved is released, although it is being read meanwhile (schedule %i)',
  async (seed) => {
    const { world, browser, disk, first } = await openTabs(seed)
    const created = first.records.create('unsaved')
    await world.rest()
    await created
    disk.hang()
    const reading = first.records.getItem('unsaved')
    const released = first.records.release('unsaved')
    disk.heal()
    await world.rest()
    expect(await reading).toBeNull()
    await released
    expect(browser.holderOf(lockOf('unsaved'))).toBeNull()
  },
)
