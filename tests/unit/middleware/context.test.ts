import type { BuildContext } from 'redux-voice-agent'
import { VoiceAgentError } from 'redux-voice-agent'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Returns the context that the agent receives on reconnecting after five messages, with `contextMessages` 2. */
async function toldAfterFive(buildContext: BuildContext) {
  const all = setUp(undefined, { contextMessages: 2, buildContext })
  const error = vi.fn()
  await all.agent.connect()
  all.agent.on('error', error)
  for (const text of ['1', '2', '3', '4', '5']) all.agent.sendText(text)
  all.transport.emit({ type: 'connectionState', state: 'failed' })
  await vi.advanceTimersByTimeAsync(5_100)
  return { told: all.transport.requests[1]?.context.map(({ text }) => text), error }
}

describe('the context for a forgetful agent', () => {
  it('can be a summary, created with the number of omitted messages', async () => {
    const { told, error } = await toldAfterFive(async (messages, { omitted }) => [
      { id: 'summary', role: 'system', text: `${omitted} before` },
      ...messages,
    ])
    expect(told).toEqual(['3 before', '4', '5'])
    expect(error).not.toHaveBeenCalledWith(expect.objectContaining({ code: 'context-not-built' }))
  })

  it.each([
    ['throws', () => Promise.reject(new Error('Bearer secret'))],
    ['returns invalid messages', () => [{ id: 1, role: 'king' }] as never],
    [
      'gives up only when it is told to',
      (_messages: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise<never>((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
    ],
  ])('is the last messages if the hook %s, and that is reported', async (_what, buildContext) => {
    const { told, error } = await toldAfterFive(buildContext)
    expect(told).toEqual(['4', '5'])
    expect(error).toHaveBeenCalledWith(expect.objectContaining({ code: 'context-not-built' }))
    expect(JSON.stringify(error.mock.calls)).not.toContain('secret')
  })

  it('must be created by a function', () => {
    expect(() => setUp(undefined, { buildContext: 'no' as never })).toThrow(VoiceAgentError)
  })
})
