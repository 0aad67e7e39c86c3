import { freePort } from '../../e2e/support/processes.js'
import { listens, type Peer, startPeer } from './processes.js'

/** Configuration of the scripted bot. */
export interface BotOptions {
  /** `quiet`: a voice that sends no sound between two answers. `text`: no sound at all, Pipecat's default. */
  kind?: 'voice' | 'quiet' | 'text'
  /** Only one connection, as in Pipecat Cloud's image. */
  isSingle?: boolean
  /** `none`: a stock bot. `context`: starts with the messages that the client sends. `sessions`: the session contract. */
  memory?: 'none' | 'context' | 'sessions'
}

/** Counters reported by the server. */
export interface ServerObserved {
  /** Bots started, and those that are still alive. */
  started: number
  alive: number
  greetings: number
  /** How often a bot was notified that its client is gone. */
  clientsLost: number
  bodies: unknown[]
  /** The user's texts in the newest bot's context. */
  remembered: string[]
}

/** Everything that is still running in the server's process. */
export interface Leftovers {
  pipelines: number
  peers: number
  /** Names of the tasks' coroutines, sorted. */
  tasks: readonly string[]
}

/** Pipecat's own development runner with a scripted bot. */
export interface PipecatServer {
  /** The `apiEndpoint` for `POST /api/offer`. */
  readonly endpoint: string
  /** The base URL of `POST /start`. */
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<void>
  observed(): Promise<ServerObserved>
  leftovers(): Promise<Leftovers>
  /** Log output of all processes. */
  log(): string
}

/** Milliseconds for importing Pipecat on a busy machine. */
const startTimeout = 90_000

export async function createPipecatServer(
  python: string,
  { kind = 'voice', isSingle = false, memory = 'none' }: BotOptions,
): Promise<PipecatServer> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let peer: Peer | undefined
  let ended = ''
  return {
    endpoint: `${url}/api`,
    url,
    async start() {
      const args = ['pipecat/bot.py', '-t', 'webrtc', '--host', '127.0.0.1', '--port', String(port)]
      const env = {
        BOT_KIND: kind,
        BOT_MODE: isSingle ? 'SINGLE' : '',
        BOT_MEMORY: memory,
        PYTHONDONTWRITEBYTECODE: '1',
      }
      ended += peer?.output() ?? ''
      peer = await startPeer(python, args, () => listens(`${url}/observed`), { env, timeoutMs: startTimeout })
    },
    kill: async () => peer?.kill(),
    // A graceful stop waits for open connections.
    stop: async () => peer?.kill(),
    observed: async () => (await (await fetch(`${url}/observed`)).json()) as ServerObserved,
    leftovers: async () => (await (await fetch(`${url}/leftovers`)).json()) as Leftovers,
    log: () => ended + (peer?.output() ?? ''),
  }
}
