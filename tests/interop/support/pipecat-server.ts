import { freePort } from '../../e2e/support/processes.js'
import { listens, type Peer, startPeer } from './processes.js'

/** How the scripted bot is made. */
export interface BotOptions {
  /** `quiet`: a voice that sends no sound between two answers. `text`: no sound at all, Pipecat's default. */
  kind?: 'voice' | 'quiet' | 'text'
  /** One connection only, as in the image of Pipecat Cloud. */
  isSingle?: boolean
  /** `none`: a stock bot. `context`: begins with the messages that the client sends. `sessions`: the session contract. */
  memory?: 'none' | 'context' | 'sessions'
}

/** Counters of the server. */
export interface ServerObserved {
  /** Bots started, and those that have not ended. */
  started: number
  alive: number
  greetings: number
  /** Times that a bot was told that its client has gone. */
  clientsLost: number
  bodies: unknown[]
  /** Texts of the user that the newest bot has in its context. */
  remembered: string[]
}

/** All that the server's process has not ended. */
export interface Leftovers {
  pipelines: number
  peers: number
  /** Names of their coroutines, in order. */
  tasks: readonly string[]
}

/** Pipecat's own development runner with a scripted bot. */
export interface PipecatServer {
  /** The `apiEndpoint` of `POST /api/offer`. */
  readonly endpoint: string
  /** The base of `POST /start`. */
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
  stop(): Promise<void>
  observed(): Promise<ServerObserved>
  leftovers(): Promise<Leftovers>
  /** All that the processes have logged. */
  log(): string
}

/** Milliseconds for the import of Pipecat on a busy machine. */
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
    // It waits for open connections when it is asked to end.
    stop: async () => peer?.kill(),
    observed: async () => (await (await fetch(`${url}/observed`)).json()) as ServerObserved,
    leftovers: async () => (await (await fetch(`${url}/leftovers`)).json()) as Leftovers,
    log: () => ended + (peer?.output() ?? ''),
  }
}
