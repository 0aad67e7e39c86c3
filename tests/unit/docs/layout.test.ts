/** Readers follow the ways through the code in `CONTRIBUTING.md`, so each file must exist and have an unambiguous name. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './pages.js'

const files = ['store', 'middleware', 'src/lib'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `/${folder}/${name}`),
)
const rows = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  .split('| from → to |')[1]
  ?.split('\n\n')[0]
  ?.split('\n')
  .slice(2)
  .map((row) => row.split('|').map((cell) => cell.trim()))

it('lists the five ways, with each file once and under a name that no other file has', () => {
  expect(rows).toHaveLength(5)
  for (const [, way, list = ''] of rows ?? []) {
    const names = list.split(', ')
    expect(names.length, way).toBeGreaterThan(10)
    expect(new Set(names).size, way).toBe(names.length)
    for (const name of names)
      expect(
        files.filter((file) => file.endsWith(`/${name}.ts`)),
        `${way}: ${name}`,
      ).toHaveLength(1)
  }
})
