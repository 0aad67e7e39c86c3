/** Readers of a number need its unit. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { expect, it } from 'vitest'
import { root } from './pages.js'

const filesBelow = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name))

/** Names that entry points export. */
const exported = new Set(
  filesBelow('src')
    .filter((path) => !/^src\/(lib|components)\//.test(path))
    .flatMap((path) => parseSync(path, readFileSync(join(root, path), 'utf8')).program.body)
    .flatMap((node) => (node.type === 'ExportNamedDeclaration' ? node.specifiers : []))
    .flatMap(({ local }) => ('name' in local ? [local.name] : [])),
)

const unit = /millisecond|second|byte|epoch/i

/** Times, durations and sizes of a file's public interfaces whose unit neither they nor their interface mention. */
function withoutUnit(path: string): string[] {
  const source = readFileSync(join(root, path), 'utf8')
  const { program, comments } = parseSync(path, source)
  const docOf = (start: number) =>
    comments.findLast(({ end }) => end <= start && source.slice(end, start).trim() === '')?.value ?? ''
  return program.body.flatMap((node) => {
    const declared = node.type === 'ExportNamedDeclaration' ? node.declaration : null
    if (declared?.type !== 'TSInterfaceDeclaration' || !exported.has(declared.id.name)) return []
    if (unit.test(docOf(node.start))) return []
    return declared.body.body.flatMap((member) => {
      if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier') return []
      const isMeasure =
        /(Ms|At|Bytes)$/.test(member.key.name) && /: number/.test(source.slice(member.start, member.end))
      return isMeasure && !unit.test(docOf(member.start)) ? [`${declared.id.name}.${member.key.name}`] : []
    })
  })
}

it('each public time, duration and size has its unit in a docstring', () => {
  expect(exported.size).toBeGreaterThan(200)
  expect(['store', 'middleware', 'src'].flatMap(filesBelow).flatMap(withoutUnit)).toEqual([])
})
