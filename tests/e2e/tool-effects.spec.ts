import { resolve } from 'node:path'
import { expect, test } from '@playwright/test'
import { servePage } from '../support/serve-page.js'
import { runRounds } from '../tool-effects/rounds.js'

test('a tool takes effect at most once, and everything reported to the agents is true', async ({
  browser,
}) => {
  test.setTimeout(120_000)
  const server = await servePage(resolve(import.meta.dirname, '../tool-effects/page'))
  try {
    const rounds = await runRounds(browser, { url: server.url, seed: 1, rounds: 15 })
    const faulty = rounds.filter(({ complaints }) => complaints.length > 0)
    expect(faulty, 'npm run test:effects -- --rounds 15 --seed 1').toEqual([])
    expect(rounds.some(({ effects }) => effects === 1)).toBe(true)
  } finally {
    await server.close()
  }
})
