import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cleanFolders, findFaults } from '../style.js'

const found = (path: string, text: string) =>
  findFaults(path, text).map(({ line, found }) => `${line}: ${found}`)

const what = 'What is kept.'

describe('in code', () => {
  it.each([
    ['a JSDoc comment', `/** ${what} */`, 1],
    ['a JSDoc comment over several lines', `/**\n * ${what}\n */`, 2],
    ['the description of a tag', `/**\n * Saves.\n *\n * @param record ${what}\n */`, 4],
    ['an item of a list', `/**\n * Saves:\n * - ${what}\n */`, 3],
    ['a block comment', `/* ${what} */`, 1],
    ['a line comment', `const a = 1 // ${what}`, 1],
    ['the second sentence of joined lines', `// Saves it\n  // twice. ${what}`, 2],
    ['a comment between JSX elements', `const a = <p>{/* ${what} */}</p>`, 1],
    ['an error message', `throw new Error('Saving failed. ${what}')`, 1],
    ['a template', `const text = \`${what.replace('.', '')} by \${name}.\``, 1],
  ])('finds the first word of %s', (_, code, line) => {
    expect(found('file.tsx', code)).toEqual([`${line}: What … (first word)`])
  })

  it.each(['any more', 'lets go of', 'could not be had', 'nobody', 'unsealed'])('finds "%s"', (phrase) => {
    const [fault] = findFaults('file.ts', `// The page ${phrase} it.`)
    expect(fault).toMatchObject({ line: 1, found: phrase, instead: expect.stringContaining('"') })
  })

  it('finds a doc comment above another', () => {
    const twice = '/** Cuts a list. */\n/** True if it is short. */\nconst a = 1\n'
    expect(found('file.ts', twice)).toEqual(['1: a doc comment above another'])
    expect(found('file.ts', twice.replace('list. */', 'list. */\nconst b = 1'))).toEqual([])
  })

  it('counts the words of a JSDoc sentence, and code as one word', () => {
    const sentence = (length: number) =>
      `/** Saves ${Array(length - 2)
        .fill('word')
        .join(' ')} \`a b c\`. */`
    expect(found('file.ts', sentence(25))).toEqual([])
    expect(found('file.ts', sentence(26))).toEqual([expect.stringContaining('(26 words)')])
  })

  it.each([
    ['code in a comment', `/** Returns \`${what}\` and {@link ${what}}. */`],
    ['an example', `/**\n * Saves.\n *\n * @example ${what}\n * // ${what}\n */`],
    ['a question', '/** Saves. What if it fails? It rejects. */'],
    ['text that looks like a comment', `const a = '// ${what}', b = <p>// {'a'}</p>`],
    ['a name', 'const nobody = 1'],
    ['a short string', "const a = 'at once'"],
    ['the name of a size column', "const a = '| kB, minified and gzipped | at once | budget |'"],
  ])('ignores %s', (_, code) => {
    expect(found('file.tsx', code)).toEqual([])
  })
})

describe('in Markdown', () => {
  it('finds words in paragraphs, lists, headings and tables', () => {
    const page = [
      '# Of stores',
      '',
      'It saves,',
      `and nobody waits. ${what}`,
      '',
      `- ${what}`,
      '| a | Whether |',
    ]
    expect(found('page.md', page.join('\n'))).toEqual([
      '1: Of … (first word)',
      '4: nobody',
      '4: What … (first word)',
      '6: What … (first word)',
      '7: Whether … (first word)',
    ])
  })

  it('ignores code and addresses', () => {
    expect(found('page.md', `\`${what}\`\n\n\`\`\`ts\n// ${what}\n\`\`\`\n\n[Saves](#by-itself)`)).toEqual([])
  })
})

it('finds comments in styles', () => {
  expect(found('file.css', `a { color: red }\n/* ${what} */`)).toEqual(['2: What … (first word)'])
})

it('rejects a file that it cannot parse', () => {
  expect(() => findFaults('file.ts', 'const = 1')).toThrow('file.ts')
})

it('lists only folders that exist', () => {
  const missing = cleanFolders.filter((folder) => !existsSync(resolve(import.meta.dirname, '../..', folder)))
  expect(missing).toEqual([])
})
