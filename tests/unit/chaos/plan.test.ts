import { expect, test } from 'vitest'
import { describe, planOf, TABS } from '../../chaos/plan.js'

const plans = Array.from({ length: 200 }, (_, run) => planOf('plan', run))
const steps = plans.flatMap((plan) => plan.steps)

test('the same seed and run give the same steps, and others differ', () => {
  expect(planOf('plan', 7)).toEqual(planOf('plan', 7))
  expect(planOf('plan', 8)).not.toEqual(planOf('plan', 7))
  expect(planOf('other', 7)).not.toEqual(planOf('plan', 7))
})

test('the steps cover quotas, clocks, tabs, passphrases, frames and crashes', () => {
  const year = 365 * 86_400_000
  const quotas = steps.flatMap((step) => (step.type === 'quota' ? step.bytes : []))
  expect(Math.min(...quotas)).toBeGreaterThanOrEqual(1_000_000)
  expect(Math.max(...quotas)).toBeLessThanOrEqual(10_000_000)
  const offsets = steps.flatMap((step) => (step.type === 'clock' ? step.offset : []))
  expect(Math.min(...offsets)).toBeLessThan(-year / 2)
  expect(Math.max(...offsets)).toBeGreaterThan(year / 2)
  const opened = steps.flatMap((step) => (step.type === 'open' ? step : []))
  expect(new Set(opened.map(({ tab }) => tab)).size).toBe(TABS)
  expect(new Set(opened.map(({ passphrase }) => passphrase))).toEqual(new Set(['right', 'wrong', 'none']))
  expect(opened.some(({ hasFrame }) => hasFrame)).toBe(true)
  const ends = new Set(steps.flatMap((step) => ('end' in step ? step.end : [])))
  expect(ends).toEqual(new Set(['browser is killed', 'tab crashes', 'tab is closed', 'tab is reloaded']))
})

test('a step happens only in an open tab, and is described in words', () => {
  for (const plan of plans) {
    const open = new Set<number>()
    for (const step of plan.steps) {
      expect(describe(step)).not.toContain('undefined')
      if ('place' in step) expect(open).toContain(step.place.tab)
      if (step.type === 'open' || step.type === 'duplicate') open.add(step.tab)
      if (!('end' in step)) continue
      expect(open).toContain(step.tab)
      if (step.end === 'browser is killed') open.clear()
      else if (step.end !== 'tab is reloaded') open.delete(step.tab)
    }
  }
})
