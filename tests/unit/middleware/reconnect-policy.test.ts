import { expect, it } from 'vitest'
import { createReconnectPolicy } from '../../../middleware/drivers/call/reconnect-policy.js'

const delays = (policy: ReturnType<typeof createReconnectPolicy>, count: number) =>
  Array.from({ length: count }, (_, index) => policy({ attempt: index + 1, retryAfterMs: undefined }))

it('waits a random time below a ceiling that doubles up to a cap, and gives up at the limit', () => {
  const options = { baseDelayMs: 100, maxDelayMs: 500, maxAttempts: 5 }
  expect(
    delays(
      createReconnectPolicy(options, () => 1),
      6,
    ),
  ).toEqual([100, 200, 400, 500, 500, null])
  expect(
    delays(
      createReconnectPolicy(options, () => 0),
      2,
    ),
  ).toEqual([0, 0])
})

it('retries for a minute on average by default, and never waits for more than 5 s', () => {
  const longest = delays(
    createReconnectPolicy({}, () => 1),
    26,
  )
  expect(longest.pop()).toBeNull()
  const ceilings = longest.map(Number)
  expect(Math.max(...ceilings)).toBe(5_000)
  const mean = ceilings.reduce((sum, ceiling) => sum + ceiling / 2, 0)
  expect(mean).toBeGreaterThan(50_000)
  expect(mean).toBeLessThan(65_000)
})

it('waits as long as the server requested', () => {
  const policy = createReconnectPolicy({}, () => 0)
  expect(policy({ attempt: 1, retryAfterMs: 3_000 })).toBe(3_000)
})

it('rejects a delay that is not a number', () => {
  expect(() => createReconnectPolicy({ baseDelayMs: Number.NaN })).toThrow(/reconnect\.baseDelayMs/)
})
