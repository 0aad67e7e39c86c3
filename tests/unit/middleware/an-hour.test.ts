import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const hour = 3_600_000
/** Milliseconds for a question and its answer. The answer streams for a tenth of that, at a hundred deltas a second. */
const turn = 10_000
const deltas = 100

it('after an hour of conversation, the state contains only what was said, with at most one action per frame', async () => {
  const { agent, transport, store, state } = setUp()
  await agent.connect()
  let actions = 0
  store.subscribe(() => actions++)
  const rest = () => {
    const { conversation, ...others } = state()
    const { messages: _said, ...beside } = conversation
    return JSON.stringify([others, beside]).length
  }

  async function talk(id: string) {
    transport.emit({ type: 'userSpeechStarted' })
    transport.emit({ type: 'userSpeechStopped' })
    transport.emit({ type: 'userTranscriptReceived', text: 'And then?', final: true })
    transport.emit({ type: 'assistantTurnStarted', turnId: id })
    transport.emit({ type: 'assistantSpeechStarted' })
    for (let delta = 0; delta < deltas; delta++) {
      transport.emit({ type: 'assistantTextAppended', turnId: id, delta: 'word ' })
      await vi.advanceTimersByTimeAsync(10)
    }
    transport.emit({ type: 'assistantSpeechStopped' })
    transport.emit({ type: 'assistantTurnCompleted', turnId: id })
    await vi.advanceTimersByTimeAsync(turn - deltas * 10)
  }

  await talk('first')
  const before = { actions, rest: rest(), timers: vi.getTimerCount() }
  const turns = hour / turn
  for (let count = 1; count < turns; count++) await talk(`turn-${count}`)

  const streamedFrames = (turns - 1) * ((deltas * 10) / 16)
  expect(actions - before.actions).toBeLessThanOrEqual(streamedFrames + (turns - 1) * 9 + 60)
  expect(rest()).toBeLessThanOrEqual(before.rest + 50)
  expect(vi.getTimerCount()).toBeLessThanOrEqual(before.timers)
  expect(state().conversation.messages.count).toBe(turns * 2)
  const { tail } = state().conversation.messages
  expect(tail.at(-1)?.text).toBe('word '.repeat(deltas))
  expect(state().connection).toMatchObject({ status: 'connected', attempt: 0 })
}, 60_000)
