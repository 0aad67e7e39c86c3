import { expect, onTestFinished, test, vi } from 'vitest'
import { setUp } from './agents.js'

function listen() {
  const warnings: string[] = []
  vi.spyOn(console, 'warn').mockImplementation((text) => {
    // On a busy machine, Redux Toolkit's checks warn that they were slow.
    if (String(text).startsWith('[redux-voice-agent]')) warnings.push(String(text))
  })
  return warnings
}

/** Resolves when the network was measured this many times. */
const measured = (state: ReturnType<typeof setUp>['state'], times: number) =>
  vi.waitFor(() => expect(state().stats.network.length).toBeGreaterThanOrEqual(times), 15_000)

test('a bot that speaks without sending speech events is reported to the developer once', async () => {
  const warnings = listen()
  const { agent, state } = setUp()
  await agent.connect()
  await vi.waitFor(
    () =>
      expect(warnings).toEqual([
        expect.stringContaining('bot-not-understood: A bot that talks must also send'),
      ]),
    15_000,
  )
  await measured(state, state().stats.network.length + 2)
  expect(warnings).toHaveLength(1)
})

test('a bot that sends them is not reported', async () => {
  const warnings = listen()
  const { agent, bot, state } = setUp()
  await agent.connect()
  bot.send('bot-started-speaking')
  await measured(state, 4)
  expect(warnings).toEqual([])
})

test('a silent bot is not reported', async () => {
  const warnings = listen()
  const { agent, state } = setUp()
  // Its tone is connected to nothing.
  Object.assign(OscillatorNode.prototype, { connect() {} })
  onTestFinished(() => void Reflect.deleteProperty(OscillatorNode.prototype, 'connect'))
  await agent.connect()
  await measured(state, 4)
  expect(warnings).toEqual([])
})
