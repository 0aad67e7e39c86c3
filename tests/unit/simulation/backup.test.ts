import { expect, test } from 'vitest'
import { backupSubject } from '../../simulation/backup/backup.simulation.js'
import { check } from '../../simulation/check.js'
import { backupMutants } from '../../simulation/mutants.js'
import { parseOps } from '../../simulation/notation.js'

const subject = await backupSubject()

// `npm run sim -- --of backup --seconds 60` runs longer, with other seeds.
test('a backup keeps, restores and deletes what its devices say, whatever networks and a hostile store do', async () => {
  const { violated, states } = await check(subject, { seed: 1, runs: 12 })
  expect(violated).toBeNull()
  expect(states.size).toBeGreaterThan(30)
}, 300_000)

test('a run is a function of its seed', async () => {
  const first = await check(subject, { seed: 2, runs: 2 })
  const second = await check(subject, { seed: 2, runs: 2 })
  expect([...second.states]).toEqual([...first.states])
  expect(second.events).toBe(first.events)
}, 300_000)

test('a seeded fault is found', async () => {
  const mutant = backupMutants.find(({ name }) => name.startsWith('each secret'))
  const mutated = await backupSubject(mutant ? [mutant] : [])
  const ops = parseOps<'create' | 'crash'>('create 0, crash 0 +11')
  const { violated } = await check(mutated, { seed: 5, runs: 20, ops })
  expect(violated?.message).toContain('unlock answers backup-missing')
}, 300_000)
