import { type ChildProcess, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { end, hasEnded } from '../../e2e/support/processes.js'

const folder = resolve(import.meta.dirname, '..')

/** A program that a test talks to. Its output is shown only if it exits unexpectedly. */
export interface Peer {
  /** SIGKILL: no farewell. */
  kill(): Promise<void>
  stop(): Promise<void>
  /** Output so far. */
  output(): string
}

/** Starts a program in the tests' folder. Resolves when `isReady` does. */
export async function startPeer(
  program: string,
  args: readonly string[],
  isReady: (output: () => string) => Promise<boolean>,
  { env = {}, timeoutMs = 45_000 }: { env?: NodeJS.ProcessEnv; timeoutMs?: number } = {},
): Promise<Peer> {
  const child: ChildProcess = spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let written = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      written += chunk.toString()
    })
  }
  const output = () => written
  const deadline = Date.now() + timeoutMs
  while (!(await isReady(output))) {
    if (hasEnded(child)) throw new Error(`${program} exited before it was ready:\n${written}`)
    if (Date.now() > deadline) {
      await end(child, 'SIGKILL')
      throw new Error(`${program} was not ready within ${timeoutMs} ms:\n${written}`)
    }
    await new Promise((resume) => setTimeout(resume, 30))
  }
  return {
    kill: () => end(child, 'SIGKILL'),
    stop: () => end(child, 'SIGTERM'),
    output,
  }
}

/** True if a server accepts connections at the port. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (isOpen: boolean) => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}

/** True if a server sends any response at that URL. */
export async function listens(url: string): Promise<boolean> {
  return (await fetch(url).catch(() => null)) !== null
}
