import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFrameScheduler } from '../../../src/lib/voice-agent/page/frame-scheduler.js'
import { setUp } from './support.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A call, with the types of the actions that changed its conversation. */
async function call() {
  const all = setUp()
  await all.agent.connect()
  const texts: string[] = []
  let actions = 0
  all.store.subscribe(() => {
    const text = all.state().conversation.messages.tail.at(-1)?.text ?? ''
    actions++
    if (text !== texts.at(-1)) texts.push(text)
  })
  return { ...all, texts, actions: () => actions }
}

it('passes on a hundred deltas a second in at most thirty actions, and loses none', async () => {
  const { transport, texts, actions } = await call()
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  const before = actions()
  for (let delta = 0; delta < 100; delta++) {
    transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: `${delta} ` })
    await vi.advanceTimersByTimeAsync(10)
  }
  await vi.advanceTimersByTimeAsync(40)
  expect(actions() - before).toBeLessThanOrEqual(1 + 30)
  expect(texts.at(-1)).toBe(Array.from({ length: 100 }, (_, delta) => `${delta} `).join(''))
})

it('passes on buffered text before any other event, and before the call ends', async () => {
  const { agent, transport, state } = await call()
  const last = () => state().conversation.messages.tail.at(-1)
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Wrong' })
  transport.emit({ type: 'assistantTextReplaced', turnId: 'a', text: 'Right' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: ' so.' })
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'a' })
  expect(last()).toMatchObject({ text: 'Right so.', status: 'final' })
  transport.emit({ type: 'assistantTurnStarted', turnId: 'b' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'b', delta: 'Cut' })
  await agent.disconnect()
  expect(last()).toMatchObject({ text: 'Cut', status: 'interrupted' })
})

it('passes on buffered text before the agent is disposed', async () => {
  const { voiceAgent, transport, state } = await call()
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: 'Said' })
  transport.emit({ type: 'assistantTextAppended', turnId: 'a', delta: ' in time.' })
  await voiceAgent.dispose()
  expect(state().conversation.messages.tail.at(-1)).toMatchObject({ text: 'Said in time.' })
})

it('waits for no frame once the page reports that it is closing, even if none was pending then', async () => {
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('document', { visibilityState: 'visible' })
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => setTimeout(run, 16))
  vi.stubGlobal('cancelAnimationFrame', clearTimeout)
  const frames = createFrameScheduler()
  frames.request(() => {})
  await vi.advanceTimersByTimeAsync(50)
  window.dispatchEvent(new Event('beforeunload'))
  const run = vi.fn()
  frames.request(run)
  await Promise.resolve()
  expect(run).toHaveBeenCalledTimes(1)
})

it('waits at most a tenth of a second for a frame, because a hidden page renders none', async () => {
  const cancelled = vi.fn()
  vi.stubGlobal('requestAnimationFrame', () => 7)
  vi.stubGlobal('cancelAnimationFrame', cancelled)
  const run = vi.fn()
  createFrameScheduler().request(run)
  await vi.advanceTimersByTimeAsync(100)
  expect(run).toHaveBeenCalledTimes(1)
  expect(cancelled).toHaveBeenCalledWith(7)
})

it('renders thirty times a second on a screen of sixty or a hundred and twenty frames, and a word within 50 ms', async () => {
  for (const frameMs of [1_000 / 60, 1_000 / 120]) {
    vi.stubGlobal('requestAnimationFrame', (run: () => void) =>
      setTimeout(run, frameMs - (performance.now() % frameMs)),
    )
    vi.stubGlobal('cancelAnimationFrame', clearTimeout)
    const frames = createFrameScheduler()
    const times: number[] = []
    const run = () => {
      times.push(performance.now())
      frames.request(run)
    }
    frames.request(run)
    await vi.advanceTimersByTimeAsync(3_000)
    frames.stop()
    expect(times.length).toBeLessThanOrEqual(91)
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    // The word becomes visible with the next frame.
    expect(Math.max(...gaps) + frameMs).toBeLessThanOrEqual(51)
  }
})
