import { memoryStorage, type VoiceStorage } from 'redux-voice-agent/testing'
import { expect, it, vi } from 'vitest'
import { answerOf, captureUncaught, rest, setUp } from './support.js'

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
