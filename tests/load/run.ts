/**
 * Load test for several processes of the example's server, which share Redis, on loopback: `npm run test:load -- --clients 30 --processes
 * 3 --jobs 6`.
 */
import { parseArgs } from 'node:util'
import { freePort } from '../e2e/support/processes.js'
import { createRedis } from '../interop/support/redis.js'
import { startVoiceProcesses } from '../interop/support/voice-processes.js'
import { call, clientHeader, type Timings } from './client.js'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '30' },
    processes: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '6' },
    /** Routes each client to one process. */
    sticky: { type: 'boolean', default: false },
  },
})
const [clients, processes, jobs] = [values.clients, values.processes, values.jobs].map(Number)
const mostClients = 50
if (!(clients && clients <= mostClients && processes && jobs)) {
  console.error(`--clients must be a number up to ${mostClients}; --processes and --jobs must be numbers.`)
  process.exit(1)
}

const errors: string[] = []
/** Reasons for repeated connection attempts. */
const repeated: string[] = []

/** Processes all items, `jobs` at a time. Errors are counted, and leave no result. */
async function forEach<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const left = [...items]
  const results: R[] = []
  const next = async (): Promise<void> => {
    const item = left.shift()
    if (item === undefined) return
    await work(item).then(
      (result) => results.push(result),
      (error: Error) => errors.push(error.message),
    )
    return next()
  }
  await Promise.all(Array.from({ length: jobs ?? 1 }, next))
  return results
}

const percentile = (sorted: readonly number[], share: number) =>
  Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN)

const redis = await createRedis()
await redis.start()
const voice = await startVoiceProcesses(
  processes,
  redis.url,
  await freePort(),
  { VOICE_MAX_CALLS: '50' },
  values.sticky ? clientHeader : undefined,
)
try {
  const endpoint = `http://127.0.0.1:${voice.balancer.port}/api/voice-agent`
  const connected = await forEach(
    Array.from({ length: clients }, () => endpoint),
    (endpoint) => call(endpoint, (reason) => repeated.push(reason)),
  )
  console.log(`${connected.length} calls at the same time, in ${processes} processes.`)
  const timings = await forEach(connected, ({ comeBack }) => comeBack())
  console.log('| step | p50 ms | p95 ms |\n|---|--:|--:|')
  const steps: (keyof Timings)[] = ['token', 'offer', 'open', 'ready', 'text', 'resume']
  for (const step of steps) {
    const sorted = timings.map((timing) => timing[step]).sort((a, b) => a - b)
    console.log(`| ${step} | ${percentile(sorted, 0.5)} | ${percentile(sorted, 0.95)} |`)
  }
  console.log(`Errors: ${errors.length} of ${clients} clients; connections made again: ${repeated.length}`)
  for (const reason of new Set([...errors, ...repeated])) console.log(`  ${reason}`)
} finally {
  await voice.stop()
  await redis.stop()
}
// libwebrtc may crash a process that exits normally.
process.exit(errors.length === 0 ? 0 : 1)
