/** Runs the examples in docs/testing.md, unchanged. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const folder = join(root, '.cache/testing-guide')
mkdirSync(folder, { recursive: true })
// The package's names resolve to its sources, as in every test.
writeFileSync(
  join(folder, 'tsconfig.json'),
  JSON.stringify({ extends: '../../tsconfig.json', include: ['.'] }),
)

const guide = readFileSync(join(root, 'docs/testing.md'), 'utf8')
const examples = [...guide.matchAll(/```ts\n(.*?)```/gs)]
  .map(([, code = '']) => code)
  .filter((code) => code.includes("from 'vitest'"))

it('has examples', () => expect(examples).toHaveLength(3))

for (const [index, code] of examples.entries()) {
  const path = join(folder, `example-${index + 1}.ts`)
  writeFileSync(path, code)
  describe(`example ${index + 1}`, async () => {
    // Registers the example's tests in this file.
    await import(/* @vite-ignore */ pathToFileURL(path).href)
  })
}
