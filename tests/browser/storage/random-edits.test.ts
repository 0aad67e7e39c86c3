import { expect, test, vi } from 'vitest'
import type { Message } from '../../../store/index.js'
import { type OpenStorage, openStorage } from './fixture.js'
import { message, snapshotOf } from './snapshots.js'

/** Marsaglia's xorshift: the same seed gives the same run. */
function randomFrom(seed: number) {
  let state = seed
  return (below: number) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** A conversation that is edited, saved, half loaded and left in any order; and what ought to be on disk of it. */
async function runOnce(seed: number): Promise<void> {
  const random = randomFrom(seed)
  let storage: OpenStorage = await openStorage({ restore: 'newest' })
  let earlier: Message[] = []
  let loaded: Message[] = []
  /** What an edit can be undone to. */
  let before: Message[] = []
  let revision = 0
  let created = 0

  const snapshot = () => snapshotOf({ messages: loaded, firstLoadedIndex: earlier.length, revision })
  const edit = () => {
    revision++
    const at = random(loaded.length + 1)
    const kind = random(6)
    const undone = before
    before = loaded
    const added = Array.from({ length: 1 + random(90) }, () => message(created++))
    if (kind === 0) loaded = [...loaded, ...added]
    else if (kind === 1) loaded = [...loaded, message(created++)]
    else if (kind === 2) loaded = loaded.toSpliced(at, 1)
    else if (kind === 3) loaded = undone
    else if (at < loaded.length) loaded = loaded.with(at, message(created++, 'edited'))
    storage.records.stage(snapshot())
  }
  async function reload() {
    const whole = [...earlier, ...loaded]
    storage = await storage.reload({ restore: random(2) === 0 ? 'newest' : 'all' })
    const read = await storage.records.getItem('s1')
    expect(read?.messages).toEqual(whole.slice(read?.firstLoadedIndex))
    expect(read?.revision).toBe(revision)
    earlier = whole.slice(0, read?.firstLoadedIndex)
    before = loaded = [...(read?.messages ?? [])]
  }
  const steps: (() => void | Promise<void>)[] = [
    edit,
    edit,
    edit,
    () => storage.records.setItem('s1', snapshot()),
    () => void storage.records.setItem('s1', snapshot()).catch(() => {}),
    () => storage.records.keepStaged(),
    () => new Promise<void>((resolve) => setTimeout(resolve)),
    async function fail() {
      const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
        throw new DOMException('', 'QuotaExceededError')
      })
      await storage.records.setItem('s1', snapshot()).catch(() => {})
      put.mockRestore()
    },
    async function loadEarlier() {
      const depth = random(2) === 0 ? 'newest' : 'all'
      const range = await storage.records.readEarlier('s1', earlier.length, depth)
      expect(range.messages).toEqual(earlier.slice(range.firstLoadedIndex))
      before = loaded = [...range.messages, ...loaded]
      earlier = earlier.slice(0, range.firstLoadedIndex)
    },
    reload,
  ]
  edit()
  for (let step = 0; step < 40; step++) await steps[random(steps.length)]?.()
  await reload()
}

test('whatever is done to a conversation, what is restored is what was staged last', async () => {
  const first = Math.floor(Math.random() * 1e9) + 1
  for (let seed = first; seed < first + 25; seed++) {
    await runOnce(seed).catch((cause: unknown) => {
      throw new Error(`Seed ${seed}`, { cause })
    })
  }
})
