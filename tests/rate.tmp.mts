import { agentSubject } from './simulation/agent/agent.simulation.js'
import { storageSubject } from './simulation/storage/storage.simulation.js'
import { check } from './simulation/check.js'
import { agentMutants, storageMutants } from './simulation/mutants.js'
import { parseOps } from './simulation/notation.js'
const [half, name, runs, ...cases] = process.argv.slice(2)
const all = half === 'agent' ? agentMutants : storageMutants
const mutant = all.find((m) => m.name.includes(name!))!
const subject: any = await (half === 'agent' ? agentSubject : storageSubject)([mutant, ...(mutant.and ?? [])])
for (const ops of cases) {
  let hits = 0, message = ''
  for (let seed = 0; seed < Number(runs); seed++) {
    const { violated } = await check(subject, { seed, runs: 1, ops: parseOps(ops), isCounted: false } as any)
    if (violated) { hits++; message = violated.message }
  }
  console.log(hits, 'of', runs, ops, message)
}
process.exit(0)
