import { memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { describe, expect, it, vi } from 'vitest'
import { answerOf, captureUncaught, idOf, type Page, rest, setUp, storedTexts } from './support.js'

const methods = ({ records, tokens, tab }: VoiceStorage) => [
  ...Object.keys(tokens).map((name) => ['tokens', name] as const),
  ...Object.keys(tab).map((name) => ['tab', name] as const),
  // Without `create`, a session has no key, and without `close`, the end is unknown: both reject with a reason.
  ...Object.keys(records)
    .filter((name) => name !== 'create' && name !== 'close')
    .map((name) => ['records', name] as const),
]

it.each(methods(memoryStorage()))(
  'if %s.%s throws instead of rejecting, calls still work, and each request settles',
  async (port, method) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const uncaught = captureUncaught()
    const storage = memoryStorage()
    const broken: VoiceStorage = {
      ...storage,
      [port]: {
        ...storage[port],
        [method]: () => {
          throw new Error('The storage is broken.')
        },
      },
    }
    const page = setUp(undefined, { persistence: { storage: broken, debounceMs: 0 } })
    expect(await answerOf(page.sessionManager.initialize())).toBe('resolved')
    expect(await answerOf(page.agent.connect())).toBe('resolved')
    page.agent.sendText('said')
    expect(await answerOf(page.agent.newSession())).toBe('resolved')
    expect(await answerOf(page.agent.connect())).toBe('resolved')
    expect(page.transport.open).toBe(1)
    expect(await answerOf(page.voiceAgent.dispose())).toBe('resolved')
    expect(page.transport.open).toBe(0)
    await rest()
    expect(uncaught).toEqual([])
  },
)

describe('a session that ends while its save fails', () => {
  it.each([
    ['newSession', ({ agent }: Page) => agent.newSession()],
    ['endSession', ({ sessionManager }: Page) => sessionManager.endSession()],
  ])('is saved by a second attempt (%s)', async (_, leave) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const storage = memoryStorage()
    const page = setUp(undefined, { persistence: { storage, debounceMs: 60_000 } })
    await page.sessionManager.initialize()
    await page.agent.connect()
    await page.voiceAgent.persistor.flush()
    const id = idOf(page)
    page.agent.sendText('said')
    const setItem = vi.spyOn(storage.records, 'setItem')
    setItem.mockRejectedValueOnce(new Error('The connection was closed.'))
    await leave(page)
    expect(setItem.mock.calls.map(([sessionId]) => sessionId).slice(0, 2)).toEqual([id, id])
    expect(await storedTexts(storage, id)).toEqual(['said'])
  })
})
