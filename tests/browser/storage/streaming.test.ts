import { afterEach, expect, test, vi } from 'vitest'
import { openStorage } from './fixture.js'
import { message, messagesOf, snapshotOf } from './snapshots.js'

afterEach(() => {
  vi.restoreAllMocks()
})

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** An answer that streams at the end of a conversation, saved; and what sealing costs from then on. */
async function openStream() {
  const storage = await openStorage()
  const settled = messagesOf(10)
  let revision = 1
  const snapshot = (text: string, status: 'streaming' | 'final' = 'streaming') =>
    snapshotOf({ messages: [...settled, { ...message(10, text), status }], revision: revision++ })
  await storage.records.setItem('s1', snapshot(''))
  const encrypt = vi.spyOn(crypto.subtle, 'encrypt')
  return { ...storage, snapshot, saves: () => encrypt.mock.calls.length / 2 }
}

test('a stream of deltas is sealed ten times a second, and its end at once', async () => {
  const { records, snapshot, saves } = await openStream()
  const start = performance.now()
  let text = ''
  for (let delta = 0; delta < 50; delta++) {
    text += ' word'
    records.stage(snapshot(text))
    await wait(10)
  }
  const elapsed = performance.now() - start
  expect(saves()).toBeGreaterThanOrEqual(3)
  expect(saves()).toBeLessThanOrEqual(elapsed / 100 + 2)

  records.stage(snapshot(`${text} on`))
  const before = saves()
  records.stage(snapshot(`${text} on.`, 'final'))
  // A microtask or two: no timer.
  await wait(0)
  expect(saves()).toBeGreaterThan(before)
})

test('a save that is asked for does not wait for the stream', async () => {
  const { records, snapshot, reload } = await openStream()
  records.stage(snapshot('a'))
  records.stage(snapshot('a b'))
  await records.setItem('s1', snapshot('a b c'))
  const read = await (await reload()).records.getItem('s1')
  expect(read?.messages.at(-1)?.text).toBe('a b c')
})

test('a final message that comes between two deltas does not wait with them', async () => {
  const { records } = await openStream()
  const base = messagesOf(10)
  const streaming = (text: string) => ({ ...message(10, text), status: 'streaming' as const })
  records.stage(snapshotOf({ messages: [...base, streaming('a')], revision: 11 }))
  await wait(0)
  records.stage(snapshotOf({ messages: [...base, streaming('a'), message(12)], revision: 12 }))
  records.stage(snapshotOf({ messages: [...base, streaming('a b'), message(12)], revision: 13 }))
  // Less than the hundred milliseconds that the delta waits.
  await wait(20)
  const encrypt = vi.mocked(crypto.subtle.encrypt)
  const sealed = encrypt.mock.calls.map(([, , bytes]) => new TextDecoder().decode(bytes as Uint8Array)).join()
  expect(sealed).toContain(message(12).text)
})
