/**
 * Users read one text per code, whatever the cause. `error-sites.md` lists, below each of these texts, every place that creates an error
 * with its code. A new or changed place fails this test. Then read the text above it. If it is untrue for that cause, or if the user must
 * do something else, the cause needs its own code. Otherwise update the table with `vitest … tests/unit/docs/error-sites.test.ts -u`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync, Visitor } from 'vite'
import { expect, it } from 'vitest'
import { defaultTexts } from '../../../src/components/voice-agent/texts/en.js'
import { errorCodes } from '../../../store/index.js'
import { root } from './pages.js'

/** Functions and classes that create errors, with the argument positions of the code and of the detail for developers. */
const makers: Record<string, { code: number; detail?: number }> = {
  VoiceAgentError: { code: 0, detail: 1 },
  asVoiceAgentError: { code: 1 },
  toVoiceError: { code: 1 },
}
/** Error classes, and functions that choose among several codes. Their own calls are listed instead. */
const records: Record<string, string> = {
  UnreadableRecordError: 'session-unreadable',
  NewerRecordError: 'session-newer',
  RefusedRequest: 'signalling-rejected',
}

interface Site {
  codes: readonly string[]
  cause: string
  path: string
}

const isCode = (text: string) => (errorCodes as readonly string[]).includes(text)
const plain = (text: string) => text.replace(/\s+/g, ' ').trim()

function sitesOf(path: string): Site[] {
  const source = readFileSync(join(root, path), 'utf8')
  const sites: Site[] = []
  const textOf = ({ start, end }: { start: number; end: number }) => source.slice(start, end)

  /** The text of an argument. For a variable, its value if it is declared earlier in this file. */
  function describe(argument: { start: number; end: number }): string {
    const text = plain(textOf(argument))
    if (!/^\w+$/.test(text) || text === 'undefined') return text
    const declarations = [
      ...source
        .slice(0, argument.start)
        .matchAll(new RegExp(`const ${text} =([\\s\\S]*?)\\n\\s*\\n?\\s*(?=\\w|\\}|\\/)`, 'g')),
    ]
    return plain(declarations.at(-1)?.[1] ?? text)
  }

  function add(name: string, args: readonly { start: number; end: number }[]) {
    const fixed = records[name]
    if (fixed)
      return void sites.push({
        codes: [fixed],
        cause: `${name}(${args.map((arg) => plain(textOf(arg))).join(', ')})`,
        path,
      })
    const maker = makers[name]
    const code = maker && args[maker.code]
    if (!code) return
    const codes = [...textOf(code).matchAll(/'([\w-]+)'/g)].map(([, literal = '']) => literal).filter(isCode)
    const detail = maker.detail === undefined ? undefined : args[maker.detail]
    const isFallback = maker.detail === undefined
    const cause = isFallback ? 'anything else that was thrown' : detail ? describe(detail) : 'undefined'
    sites.push({
      codes: codes.length > 0 ? codes : [plain(textOf(code))],
      cause: cause === 'undefined' ? 'no detail' : cause,
      path,
    })
  }

  new Visitor({
    NewExpression({ callee, arguments: args }) {
      if (callee.type === 'Identifier') add(callee.name, args)
    },
    CallExpression({ callee, arguments: args }) {
      if (callee.type === 'Identifier') add(callee.name, args)
    },
  }).visit(parseSync(path, source).program)
  return sites
}

const sites = ['store', 'middleware', 'src']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => `${folder}/${name}`),
  )
  .toSorted()
  .flatMap(sitesOf)

const linesOf = (wanted: (site: Site) => boolean) => [
  ...new Set(sites.filter(wanted).map(({ cause, path }) => `- ${cause} (${path})`)),
]

it('lists every place that creates an error, below the text that users read', async () => {
  const table = [
    '# Places that make an error, by the text that users read',
    'Written by `error-sites.test.ts`, which says how to use it.',
    ...errorCodes.flatMap((code) => {
      const lines = linesOf(({ codes }) => codes.includes(code))
      return [`## ${code}`, `> ${defaultTexts.errors[code]}`, ...(lines.length > 0 ? [lines.join('\n')] : [])]
    }),
    '## Decided while it runs',
    linesOf(({ codes }) => !codes.some(isCode)).join('\n'),
  ]
  await expect(`${table.join('\n\n')}\n`).toMatchFileSnapshot('error-sites.md')
})

/** Codes without a literal above: `microphone-…` is concatenated, and an app throws `token-expired` in its `refreshToken`. */
const madeElsewhere = (code: string) => code.startsWith('microphone-') || code === 'token-expired'

it('has no code that no place uses', () => {
  const made = new Set(sites.flatMap(({ codes }) => codes))
  expect(errorCodes.filter((code) => !made.has(code) && !madeElsewhere(code))).toEqual([])
})
