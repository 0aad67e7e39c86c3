import { VoiceAgentError } from 'redux-voice-agent'
import type { ConnectScript } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { setUp } from './support.js'

const browser = { onLine: true }
beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('navigator', browser)
  browser.onLine = true
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** Succeeds the first time, and then while `isThere()`. */
const reachedWhile =
  (isThere: () => boolean): ConnectScript =>
  ({ resume }) => {
    if (resume && !isThere()) throw new VoiceAgentError('signalling-unavailable')
    return resume ? 'resumed' : 'fresh'
  }

/** Time of each attempt, in milliseconds after the loss. */
async function attemptsWithin(ms: number, { transport }: ReturnType<typeof setUp>) {
  const from = Date.now()
  const at: number[] = []
  const first = transport.requests.length
  while (Date.now() < from + ms) {
    await vi.advanceTimersByTimeAsync(500)
    while (first + at.length < transport.requests.length) at.push(Date.now() - from)
  }
  return at
}

it('calls although the browser reports offline, because the user requested it and loopback may suffice', async () => {
  browser.onLine = false
  const { agent, state } = setUp()
  await agent.connect()
  expect(state().connection.status).toBe('connected')
})

it('retries occasionally while the browser is offline, less and less often, and none of it counts', async () => {
  const call = setUp(reachedWhile(() => browser.onLine))
  await call.agent.connect()
  browser.onLine = false
  call.transport.emit({ type: 'connectionState', state: 'failed' })
  expect(await attemptsWithin(200_000, call)).toEqual([5_000, 15_000, 35_000, 75_000, 135_000, 195_000])
  expect(call.state().connection).toMatchObject({ status: 'reconnecting', attempt: 1, maxAttempts: 3 })
  expect(call.state().connection.nextRetryAt).toBe(Date.now() + 55_000)
})

it('is reconnected by an attempt that the browser considered hopeless', async () => {
  let isThere = false
  const call = setUp(reachedWhile(() => isThere))
  await call.agent.connect()
  browser.onLine = false
  call.transport.emit({ type: 'connectionState', state: 'failed' })
  await vi.advanceTimersByTimeAsync(5_000)
  isThere = true
  await vi.advanceTimersByTimeAsync(10_000)
  expect(call.state().connection.status).toBe('connected')
})

it('makes a requested attempt, whatever the browser reports', async () => {
  const call = setUp()
  await call.agent.connect()
  browser.onLine = false
  call.transport.emit({ type: 'connectionState', state: 'failed' })
  await vi.advanceTimersByTimeAsync(1)
  expect(call.transport.requests).toHaveLength(1)
  call.agent.retry()
  await vi.advanceTimersByTimeAsync(1)
  expect(call.state().connection.status).toBe('connected')
  // No attempt is pending that a retry could abort, so the connection continues.
  call.agent.retry()
  expect(call.transport.requests[1]?.signal.aborted).toBe(false)
})

it('waits no longer than the policy says if a connection succeeded although the browser was offline', async () => {
  browser.onLine = false
  const call = setUp(
    reachedWhile(() => false),
    { reconnect: ({ attempt }) => (attempt > 3 ? null : 1_000) },
  )
  await call.agent.connect()
  call.transport.emit({ type: 'connectionState', state: 'failed' })
  expect(await attemptsWithin(10_000, call)).toEqual([1_000, 2_000, 3_000])
  expect(call.state().connection).toMatchObject({ status: 'failed', error: { code: 'reconnect-exhausted' } })
})

it("waits as long as an app's policy says, even offline, and gives up when it does", async () => {
  const delays = [8_000, 8_000, null]
  const call = setUp(
    reachedWhile(() => false),
    { reconnect: () => delays.shift() ?? null },
  )
  await call.agent.connect()
  browser.onLine = false
  call.transport.emit({ type: 'connectionState', state: 'failed' })
  expect(await attemptsWithin(60_000, call)).toEqual([8_000, 18_000])
  expect(call.state().connection.error?.code).toBe('reconnect-exhausted')
})

it('counts and waits as usual once the browser is online again', async () => {
  const call = setUp(
    reachedWhile(() => false),
    { reconnect: ({ attempt }) => (attempt > 3 ? null : 1_000) },
  )
  await call.agent.connect()
  browser.onLine = false
  call.transport.emit({ type: 'connectionState', state: 'failed' })
  expect(await attemptsWithin(5_000, call)).toEqual([5_000])
  browser.onLine = true
  // The pending attempt was scheduled offline. Later ones follow the policy.
  expect(await attemptsWithin(20_000, call)).toEqual([10_000, 11_000, 12_000])
  expect(call.state().connection.error?.code).toBe('reconnect-exhausted')
})

it('trusts the browser again once it has reported online', async () => {
  browser.onLine = false
  const call = setUp(reachedWhile(() => browser.onLine))
  await call.agent.connect()
  browser.onLine = true
  // Outside a browser there is no `online` event. This does the same.
  call.agent.retry()
  await vi.advanceTimersByTimeAsync(1)
  expect(call.transport.requests).toHaveLength(1)
  browser.onLine = false
  call.transport.emit({ type: 'connectionState', state: 'failed' })
  expect(await attemptsWithin(20_000, call)).toEqual([5_000, 15_000])
})
