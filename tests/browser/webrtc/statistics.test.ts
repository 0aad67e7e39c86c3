import { expect, it, vi } from 'vitest'
import { setUp } from './agents.js'

type Figures = Record<string, number>

/** Records every result of `getStats` from now on, with its time. */
function recordStats() {
  const answers: { inbound: Figures; outbound: Figures; pair: Figures }[] = []
  const { getStats } = RTCPeerConnection.prototype
  vi.spyOn(RTCPeerConnection.prototype, 'getStats').mockImplementation(async function (
    this: RTCPeerConnection,
  ) {
    const stats = await getStats.call(this)
    const all = [...stats.values()]
    const of = (type: string) => all.find((report) => report.type === type) ?? {}
    answers.push({
      inbound: of('inbound-rtp'),
      outbound: of('outbound-rtp'),
      // More than one pair can be nominated. The transport names the one it uses.
      pair: stats.get(all.find(({ type }) => type === 'transport')?.selectedCandidatePairId) ?? {},
    })
    return stats
  } as typeof getStats)
  return answers
}

it('the samples match what getStats() returned at the same moment', async () => {
  const { agent, state } = setUp()
  await agent.connect()
  await vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThan(0))
  const answers = recordStats()
  const had = state().stats.network.length
  await vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThanOrEqual(had + 3))
  const samples = state().stats.network.slice(had)
  for (const [index, sample] of samples.entries()) {
    const now = answers.find(({ inbound }) => inbound.timestamp === sample.at)
    expect(now, 'an answer with the same time').toBeDefined()
    expect(sample.jitterMs).toBe((now?.inbound.jitter as number) * 1000)
    expect(sample.roundTripMs).toBe((now?.pair.currentRoundTripTime as number) * 1000)
    const before = answers.find(({ inbound }) => inbound.timestamp === samples[index - 1]?.at)
    if (!before || !now) continue
    const seconds = ((now.inbound.timestamp as number) - (before.inbound.timestamp as number)) / 1000
    const bits = (kind: 'inbound' | 'outbound', name: string) =>
      Math.round((((now[kind][name] as number) - (before[kind][name] as number)) * 8) / seconds)
    expect(sample.bitrateReceived).toBe(bits('inbound', 'bytesReceived'))
    expect(sample.bitrateSent).toBe(bits('outbound', 'bytesSent'))
    expect(sample.bitrateReceived).toBeGreaterThan(1_000)
    expect(sample.lossReceived).toBe(0)
    expect(sample.silentMs).toBe(0)
  }
  // The sound of a busy machine is uneven for some seconds.
  await vi.waitFor(() =>
    expect(agent.selectors.selectConnectionQuality(agent.store.getState())).toBe('excellent'),
  )
  await agent.disconnect()
  expect(agent.selectors.selectConnectionQuality(agent.store.getState())).toBeNull()
})

it('a new connection counts from 0, and the history continues', async () => {
  const { agent, bot, state } = setUp()
  await agent.connect()
  await vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThan(1))
  // Counted in the task that ends the gap, because the old connection may be measured once more before its end is noticed.
  const reconnected = new Promise<number>((resolve) =>
    agent.once('reconnected', () => resolve(state().stats.network.length)),
  )
  bot.peers[0]?.close()
  const had = await reconnected
  await vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThan(had))
  expect(state().stats.network[had]).toMatchObject({ bitrateReceived: null, bitrateSent: null })
  for (const { lossReceived } of state().stats.network) expect(lossReceived ?? 0).toBe(0)
})
