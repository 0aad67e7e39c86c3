/**
 * Compares the latency at the ear in reports with the latency that a page hears, in a call to a bot on aiortc. The bot answers after a
 * known silence. The reference comes from audio worklets that read every sample of both tracks: `npm run test:heard`.
 */
import type { TurnReport } from 'redux-voice-agent/analytics'
import { withSpeakingMicrophone } from '../e2e/support/microphones.js'
import { expect, test } from './fixtures.js'
import type { Heard } from './page/hearing.js'

/** Answers of the bot per delay. */
const rounds = Number(process.env.HEARD_ROUNDS ?? 20)

test.use({ launchOptions: withSpeakingMicrophone() })

/** Latencies heard by the worklets, in milliseconds: from the end of each utterance to the start of the next answer. */
function latenciesOf({ microphone, agent }: Heard['inside']): number[] {
  return microphone
    .filter(({ edge }) => edge === 'ended')
    .map(({ time }, index, ends) => {
      const next = ends[index + 1]?.time ?? Number.POSITIVE_INFINITY
      const answer = agent.find((each) => each.edge === 'began' && each.time > time && each.time < next)
      return answer ? (answer.time - time) * 1_000 : Number.NaN
    })
    .filter((latency) => !Number.isNaN(latency))
}

const isAnswered = (report: Heard['reports'][number]): report is TurnReport & { session: string | null } =>
  report.kind === 'turn' && report.input === 'speech' && report.outcome === 'answered'

function spreadOf(values: readonly number[]) {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (share: number) =>
    Math.round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN)
  return { least: at(0), median: at(0.5), p95: at(0.95), most: at(1) }
}

/** Differences in milliseconds. A missing latency counts as the maximum error. */
const errorsOf = (reported: readonly (number | null)[], truths: readonly number[]) =>
  reported.map((latency, index) =>
    latency === null ? Number.POSITIVE_INFINITY : Math.abs(latency - (truths[index] ?? 0)),
  )

for (const delayMs of [300, 700, 1_500]) {
  test.describe(`a bot that answers after ${delayMs} ms of silence`, () => {
    test.use({ botArguments: ['--answer-after', String(delayMs / 1_000)] })

    test('is heard as late as the report says, within 30 ms at p95', async ({ page, call, bot }) => {
      test.setTimeout(60_000 + rounds * 8_000)
      const assistant = await call({ transport: 'pipecat', endpoint: bot.endpoint, hears: true })
      await assistant.startButton.click()
      await assistant.isConnected()
      await assistant.hasSaid('Hello, I am a bot on aiortc.')
      await page.waitForFunction(
        (count) => window.heardUnderTest.reports.filter(({ kind }) => kind === 'turn').length > count + 1,
        rounds,
        { timeout: 60_000 + rounds * 7_000 },
      )
      await assistant.end()
      const { delays } = await bot.observed()
      const heard = await page.evaluate(() => window.heardUnderTest)
      const reported = heard.reports.filter(isAnswered).map(({ heardMs }) => heardMs)
      const truths = latenciesOf(heard).slice(0, reported.length)
      const errors = errorsOf(reported, truths)
      console.log(
        JSON.stringify({
          delayMs,
          turns: reported.length,
          bot: spreadOf(delays.map((delay) => delay * 1_000)),
          truth: spreadOf(truths),
          reported: spreadOf(reported.map((latency) => latency ?? Number.NaN)),
          errors: spreadOf(errors),
          errorsInside: spreadOf(errorsOf(reported, latenciesOf(heard.inside))),
        }),
      )
      expect(reported.length).toBeGreaterThanOrEqual(rounds)
      expect(truths).toHaveLength(reported.length)
      expect(spreadOf(errors).p95).toBeLessThan(30)
    })
  })
}
