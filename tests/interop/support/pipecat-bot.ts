import { freePort } from '../../e2e/support/processes.js'
import { listens, type Peer, startPeer } from './processes.js'

/** Counters reported by the bot. */
export interface Observed {
  offers: number
  /** Offers that requested an ICE restart, which aiortc does not support. */
  iceRestarts: number
  candidates: number
  /** Rejected requests, with the status and the reason. */
  refused: string[]
  peers: number
  /** Spoken part of the bot's last words, per connection. */
  spoken: string[]
  /** Seconds from the last received sound to the first sent one, for each answer to a sound. */
  delays: number[]
  /** Loudest sound on an open connection, of 1. */
  loudest: number
}

/** The aiortc bot on one port, which tests kill and restart. */
export interface PipecatBot {
  readonly endpoint: string
  start(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<void>
  observed(): Promise<Observed>
}

export async function createPipecatBot(...args: string[]): Promise<PipecatBot> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let peer: Peer | undefined
  return {
    endpoint: `${url}/api`,
    async start() {
      // Debian's Python, which has these packages, whatever other one is in the path.
      const command = ['pipecat-bot/main.py', '--port', String(port), ...args]
      peer = await startPeer('/usr/bin/python3', command, () => listens(`${url}/observed`))
    },
    kill: async () => peer?.kill(),
    stop: async () => peer?.stop(),
    observed: async () => (await (await fetch(`${url}/observed`)).json()) as Observed,
  }
}
