import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export const repository = resolve(import.meta.dirname, '../../..')

/** Each worker has its own port range, below the ephemeral ports (from 32768 on Linux, from 49152 elsewhere). */
const portsPerWorker = 1_000
const firstPort = 20_000 + portsPerWorker * Number(process.env.TEST_PARALLEL_INDEX ?? 0)
// Random, because another run may use the same machine.
let tried = Math.floor(Math.random() * portsPerWorker)

/** Distance between a port and the one that this process occupies, so that another run on this machine does not choose the same port. */
const claimDistance = 10_000

/** Returns a free port. No other caller gets it before it is used, not even in another run. */
export async function freePort(): Promise<number> {
  for (let left = portsPerWorker; left > 0; left--) {
    const port = firstPort + (tried++ % portsPerWorker)
    const claim = await occupy(port - claimDistance)
    const server = claim && (await occupy(port))
    if (server) {
      // Held until this process ends.
      claim.unref()
      server.close()
      await once(server, 'close')
      return port
    }
    claim?.close()
  }
  throw new Error(`All ports from ${firstPort} are taken.`)
}

async function occupy(port: number): Promise<Server | null> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return server
  } catch {
    return null
  }
}

/** Runs a TypeScript file in its own process, without a wrapper, so that its pid is the one to kill. */
export function runScript(path: string, env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', resolve(repository, path)], {
    cwd: repository,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Ends a child process and waits for its exit. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

/** Waits for the first response of a server that may still be starting. */
export async function answers(url: string, timeoutMs = 40_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => null)
    if (response?.ok) return
    await delay(50)
  }
  throw new Error(`${url} did not answer within ${timeoutMs} ms.`)
}
