import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, test } from 'vitest'
import { agentSubject } from '../../simulation/agent/agent.simulation.js'
import { backupSubject } from '../../simulation/backup/backup.simulation.js'
import { applyPatch } from '../../simulation/bundle.js'
import { check } from '../../simulation/check.js'
import { knownCases } from '../../simulation/known-cases.js'
import { agentMutants, backupMutants, type Mutant, storageMutants } from '../../simulation/mutants.js'
import { formatOps, parseOps } from '../../simulation/notation.js'
import { storageSubject } from '../../simulation/storage/storage.simulation.js'
import type { Op, Subject } from '../../simulation/subject.js'

const repository = resolve(import.meta.dirname, '../../..')
const mutants = [...storageMutants, ...agentMutants, ...backupMutants]

/** Syntax errors in a module. */
const errorsOf = (source: string) =>
  parseSync('module.ts', source).errors.map(({ message }: { message: string }) => message)

test.each(mutants)('"$name" is a fault of today\'s code', (mutant) => {
  const patches = [mutant, ...(mutant.and ?? [])]
  const sources = new Map<string, string>()
  for (const patch of patches) {
    const source = sources.get(patch.file) ?? readFileSync(resolve(repository, patch.file), 'utf8')
    const patched = applyPatch(source, patch)
    expect(patched).not.toBe(source)
    sources.set(patch.file, patched)
  }
  for (const source of sources.values()) expect(errorsOf(source)).toEqual([])
})

test('each mutant has a unique name, and each known case belongs to one', () => {
  const names = mutants.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(Object.keys(knownCases).filter((name) => !names.includes(name))).toEqual([])
})

describe.each<[string, () => Promise<Subject<Op>>, Mutant[]]>([
  ['storage', async () => (await storageSubject()) as Subject<Op>, storageMutants],
  ['agent', async () => (await agentSubject()) as Subject<Op>, agentMutants],
  ['backup', async () => (await backupSubject()) as Subject<Op>, backupMutants],
])('known cases of the %s', (_half, make, own) => {
  test('hold without their mutants', async () => {
    const subject = await make()
    const violations: string[] = []
    for (const { name } of own) {
      const ops = knownCases[name]
      if (ops === undefined) continue
      const { violated } = await check(subject, { seed: 1, runs: 3, ops: parseOps(ops), isCounted: false })
      if (violated) violations.push(`${name}: ${violated.message}`)
    }
    expect(violations).toEqual([])
  }, 300_000)
})

test('ops survive formatting and parsing', () => {
  const text = 'begin 0, say 0 #7, delete 1 +c, save 0 #1 +2'
  expect(formatOps(parseOps(text))).toBe(text)
  expect(() => parseOps('begin')).toThrow('An op must be like')
})
