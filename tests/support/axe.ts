import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from '@playwright/test'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface AxeResults {
  violations: { id: string; help: string; nodes: { html: string }[] }[]
  passes: unknown[]
}

/**
 * Runs axe in a page. Returns one line per violation, with its first element. Throws if a page yields no result.
 *
 * @param rules Rule ids. @default all of axe's rules
 */
export async function violationsOf(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(source)
  const { violations, passes } = await page.evaluate(
    (ids) =>
      (window as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run({
        resultTypes: ['violations'],
        ...(ids ? { runOnly: ids } : {}),
      }),
    rules,
  )
  if (passes.length === 0) throw new Error('axe checked nothing.')
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.length}, first ${nodes[0]?.html}`)
}
