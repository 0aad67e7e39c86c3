import { expect, test } from 'vitest'
import { agentSubject } from '../../simulation/agent/agent.simulation.js'
import { check } from '../../simulation/check.js'
import { agentMutants } from '../../simulation/mutants.js'

// `npm run sim -- --seconds 60` runs longer, with other seeds.
test('calls, sessions and words stay together, whatever users, a server and a disk do', async () => {
  const { violated, states } = await check(await agentSubject(), { seed: 1, runs: 60 })
  expect(violated).toBeNull()
  expect(states.size).toBeGreaterThan(100)
}, 300_000)

test('a run is a function of its seed', async () => {
  const subject = await agentSubject()
  const first = await check(subject, { seed: 2, runs: 10 })
  const second = await check(subject, { seed: 2, runs: 10 })
  expect([...second.states]).toEqual([...first.states])
  expect(second.events).toBe(first.events)
}, 300_000)

test('a seeded fault is found', async () => {
  const mutant = agentMutants.find(({ name }) => name.startsWith('a call is not stopped'))
  const { violated } = await check(await agentSubject(mutant ? [mutant] : []), { seed: 5, runs: 100 })
  expect(violated?.message).toContain('has a call of')
}, 300_000)
