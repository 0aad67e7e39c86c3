import type { Page } from '@playwright/test'
import { receivedEnergy } from '../e2e/support/peers.js'
import { freePort } from '../e2e/support/processes.js'
import { test as base, connectionOf, expect } from './fixtures.js'
import { startTurnServer } from './support/turn-server.js'

const test = base.extend<{ turn: Awaited<ReturnType<typeof startTurnServer>> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern
  turn: async ({}, use) => {
    const turn = await startTurnServer()
    await use(turn)
    await turn.stop()
  },
})

/** The local candidate of the path that carries the call. */
function localCandidate(page: Page) {
  return page.evaluate(async () => {
    const peer = window.peersUnderTest.findLast(({ connectionState }) => connectionState === 'connected')
    const reports = new Map(await peer?.getStats())
    const transport = [...reports.values()].find(({ type }) => type === 'transport')
    const pair = reports.get(transport?.selectedCandidatePairId)
    const { candidateType, relayProtocol } = reports.get(pair?.localCandidateId) ?? {}
    return {
      candidateType,
      relayProtocol,
      bytesSent: pair?.bytesSent > 0,
      bytesReceived: pair?.bytesReceived > 0,
    }
  })
}

for (const transport of ['udp', 'tcp'] as const) {
  test(`a call goes through a relay, reached over ${transport}`, async ({ page, call, bot, turn }) => {
    const rtc = { iceServers: turn.iceServers(transport), iceTransportPolicy: 'relay' } as const
    const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint, rtc })
    await assistant.startButton.click()
    await assistant.isConnected()
    await assistant.ask('Can you hear me?')
    await expect.poll(() => receivedEnergy(page)).toBeGreaterThan(0.001)
    await expect.poll(async () => (await bot.observed()).loudest).toBeGreaterThan(0.1)
    expect(await localCandidate(page)).toEqual({
      candidateType: 'relay',
      relayProtocol: transport,
      bytesSent: true,
      bytesReceived: true,
    })
  })
}

test('a relay that rejects the credentials is reported immediately', async ({ page, call, bot, turn }) => {
  const iceServers = turn.iceServers('udp', 'a wrong one')
  const rtc = { iceServers, iceTransportPolicy: 'relay' } as const
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint, rtc })
  await assistant.startButton.click()
  // A connection that just does not open fails after 15 s.
  await expect(assistant.connection).toHaveAttribute('data-state', 'failed', { timeout: 12_000 })
  const { error } = await connectionOf(page)
  expect(error).toMatchObject({ code: 'relay-refused' })
  expect(JSON.stringify(error)).not.toContain('a wrong one')
  expect(error?.message).toContain('relay')
})

test('a missing relay is named as the reason', async ({ page, call, bot }) => {
  const iceServers = [
    { urls: `turn:127.0.0.1:${await freePort()}?transport=tcp`, username: 'a', credential: 'b' },
  ]
  const rtc = { iceServers, iceTransportPolicy: 'relay' } as const
  const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint, rtc })
  await assistant.startButton.click()
  await expect(assistant.connection).toHaveAttribute('data-state', 'failed')
  const { error } = await connectionOf(page)
  expect(error).toMatchObject({ code: 'relay-unreachable' })
  expect(error?.message).toContain('relay')
})
