import { WebRTCVoiceAgent } from 'redux-voice-agent'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startBot } from './bot.js'
import { countLeaks } from './leaks.js'

let bot: ReturnType<typeof startBot>
let leaks: ReturnType<typeof countLeaks>

beforeEach(() => {
  sessionStorage.clear()
  bot = startBot()
  leaks = countLeaks()
})
afterEach(async () => {
  leaks.stop()
  await bot.stop()
  vi.restoreAllMocks()
})

const createAgent = () => new WebRTCVoiceAgent({ apiEndpoint: '/api/voice-agent', persistence: false })

/** The bot's side of the last call is in the same page, so it is closed before anything is counted. */
async function closeBotsPeers() {
  for (const peer of bot.peers.splice(0)) peer.close()
}

describe('nothing is left open', () => {
  it('after 75 calls, started and ended', async () => {
    // Runs five in parallel, because the browser spends most of a call's time gathering candidates.
    const agents = Array.from({ length: 5 }, createAgent)
    const callEach = (times: number) =>
      Promise.all(
        agents.map(async (agent) => {
          for (let calls = 0; calls < times; calls++) {
            await agent.connect()
            await agent.disconnect()
          }
        }),
      )
    await callEach(1)
    const before = await leaks.left()
    await callEach(14)
    // The agent's peers and the bot's.
    expect(leaks.made()).toMatchObject({ peers: 150, tracks: 75 })
    await vi.waitFor(async () => {
      const { timers, ...rest } = await leaks.left()
      const { timers: timersBefore, ...restBefore } = before
      // The bot's peers close as soon as they notice.
      expect(rest).toEqual({ ...restBefore, peers: 0 })
      expect(timers).toBeLessThanOrEqual(timersBefore)
    })
    expect(before).toMatchObject({ tracks: 0, players: 0, requests: 0 })
    for (const agent of agents) await agent.dispose()
    expect(await leaks.left()).toMatchObject({ peers: 0, tracks: 0, players: 0, requests: 0, listeners: 0 })
  }, 180_000)

  it('after a call that is ended while it connects, or requested twice in one task: at most one is live', async () => {
    const agent = createAgent()
    await Promise.all([agent.connect(), agent.connect()])
    expect(leaks.made()).toMatchObject({ peers: 2, tracks: 1 })
    await agent.disconnect()
    for (const wait of [0, 1, 5, 20, 50]) {
      const connecting = agent.connect().catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, wait))
      await agent.disconnect()
      await connecting
    }
    await closeBotsPeers()
    await vi.waitFor(async () =>
      expect(await leaks.left()).toMatchObject({ peers: 0, tracks: 0, players: 0, requests: 0 }),
    )
    await agent.dispose()
  })
})
