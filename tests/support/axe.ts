import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeResults {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[]
  passes: unknown[]
}

/** Runs axe with all of its rules in a page. Returns one text for each violation, with the first element; a page without a result throws. */
export async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(source)
  const { violations, passes } = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
  )
  if (passes.length === 0) throw new Error('axe has looked at nothing.')
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.length}, first ${nodes[0]?.html}`)
}
