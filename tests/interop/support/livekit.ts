import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import { freePort } from '../../e2e/support/processes.js'
import { listens, type Peer, startPeer } from './processes.js'

const apiKey = 'devkey'
const apiSecret = 'a secret of the tests, which is long enough'

/** Configuration of the scripted agent. */
export interface AgentOptions {
  /** `contract`: implements the session contract; `stock`: doesn't know this package. */
  kind?: 'contract' | 'stock'
}

/** Counters reported by the agent. */
export interface AgentObserved {
  /** Rooms with which the tests check that the server knows this agent. */
  probes: number
  started: number
  alive: number
  /** Session contract requests. */
  sessions: { sessionId: string; resume: boolean; context: { text: string }[]; tools: { name: string }[] }[]
  /** Loudest sample heard since the last reset, of 32,767. */
  loudest: number
  textIds: (string | null)[]
  /** Reasons why participants left. */
  left: string[]
}

/** LiveKit's server, a LiveKit Agents worker, and an app's token endpoint. */
export interface LiveKit {
  /** The app's server. */
  readonly endpoint: string
  readonly server: Pick<Peer, 'kill'> & { start(): Promise<void>; output(): string }
  readonly agent: Pick<Peer, 'kill'> & {
    start(): Promise<void>
    observed(): Promise<AgentObserved>
    resetLoudest(): Promise<void>
    output(): string
  }
  /** Lifetime of tokens in seconds. Negative for expired tokens. @default 600 */
  tokenLife: number
  /** Number of requested tokens. */
  readonly tokens: number
  /** Calls a server method, as an app's server does. */
  request(service: string, method: string, body: object): Promise<unknown>
  rooms(): Promise<string[]>
  stop(): Promise<void>
}

const sign = (claims: object, identity: string, seconds: number) =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(apiKey)
    .setSubject(identity)
    .setNotBefore(Math.floor(Date.now() / 1000) - 3600)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(new TextEncoder().encode(apiSecret))

/** Milliseconds for importing LiveKit Agents on a busy machine. */
const agentTimeout = 90_000

export async function createLiveKit(
  { program, python }: { program: string; python: string },
  { kind = 'contract' }: AgentOptions,
): Promise<LiveKit> {
  const [port, udpPort, tcpPort, observedPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ])
  const url = `http://127.0.0.1:${port}`
  const config = {
    port,
    bind_addresses: ['127.0.0.1'],
    rtc: {
      node_ip: '127.0.0.1',
      udp_port: udpPort,
      tcp_port: tcpPort,
      enable_loopback_candidate: true,
      stun_servers: [],
    },
    keys: { [apiKey]: apiSecret },
    logging: { level: 'warn' },
  }
  let server: Peer | undefined
  let agent: Peer | undefined
  let tokens = 0

  async function request(
    service: string,
    method: string,
    body: { room?: string; name?: string; empty_timeout?: number },
  ) {
    const video = { roomAdmin: true, roomList: true, roomCreate: true, ...(body.room && { room: body.room }) }
    const response = await fetch(`${url}/twirp/livekit.${service}/${method}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await sign({ video }, 'app', 60)}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${service}.${method}: ${response.status} ${await response.text()}`)
    return response.json()
  }

  async function answer(incoming: IncomingMessage, response: ServerResponse) {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Allow-Headers', '*')
    if (incoming.method === 'OPTIONS') return response.end()
    let text = ''
    for await (const chunk of incoming) text += chunk
    const { sessionId } = JSON.parse(text) as { sessionId: string | null }
    const room = sessionId ?? crypto.randomUUID()
    if (incoming.url === '/agent') {
      await request('AgentDispatchService', 'CreateDispatch', { room })
      return response.end('{}')
    }
    tokens++
    const claims = { video: { room, roomJoin: true } }
    const token = await sign(claims, `user-${room}`, liveKit.tokenLife)
    // The device's clock may be behind, so the page considers an expired token valid.
    const expiresAt = Math.floor(Date.now() / 1000) + 600
    response.setHeader('Content-Type', 'application/json')
    response.end(
      JSON.stringify({
        server_url: url.replace('http', 'ws'),
        participant_token: token,
        expires_at: expiresAt,
        session_id: room,
      }),
    )
  }
  const app = createServer((incoming, response) => void answer(incoming, response))
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))

  /** A server starts dispatching to an agent shortly after it has accepted its registration. */
  async function isDispatched(): Promise<void> {
    const deadline = Date.now() + agentTimeout
    for (let probe = 0; (await liveKit.agent.observed()).probes === 0; probe++) {
      if (Date.now() > deadline) throw new Error('The server dispatches no agent.')
      const room = `probe-${probe}`
      await request('RoomService', 'CreateRoom', { name: room, empty_timeout: 1 })
      await new Promise((resume) => setTimeout(resume, 300))
    }
  }

  const liveKit: LiveKit = {
    endpoint: `http://127.0.0.1:${(app.address() as AddressInfo).port}`,
    tokenLife: 600,
    get tokens() {
      return tokens
    },
    server: {
      async start() {
        server = await startPeer(
          program,
          ['--config-body', JSON.stringify(config), '--node-ip', '127.0.0.1'],
          () => listens(url),
        )
      },
      kill: async () => server?.kill(),
      output: () => server?.output() ?? '',
    },
    agent: {
      async start() {
        const env = {
          AGENT_KIND: kind,
          LIVEKIT_URL: url.replace('http', 'ws'),
          LIVEKIT_API_KEY: apiKey,
          LIVEKIT_API_SECRET: apiSecret,
          OBSERVED_PORT: String(observedPort),
          PYTHONDONTWRITEBYTECODE: '1',
        }
        agent = await startPeer(
          python,
          ['livekit/agent.py'],
          () => listens(`http://127.0.0.1:${observedPort}/observed`),
          {
            env,
            timeoutMs: agentTimeout,
          },
        )
        await isDispatched()
      },
      kill: async () => agent?.kill(),
      observed: async () =>
        (await (await fetch(`http://127.0.0.1:${observedPort}/observed`)).json()) as AgentObserved,
      async resetLoudest() {
        await fetch(`http://127.0.0.1:${observedPort}/loudest/reset`, { method: 'POST' })
      },
      output: () => agent?.output() ?? '',
    },
    request,
    async rooms() {
      const { rooms } = (await request('RoomService', 'ListRooms', {})) as { rooms: { name: string }[] }
      return rooms.map(({ name }) => name).filter((name) => !name.startsWith('probe-'))
    },
    async stop() {
      await agent?.kill()
      await server?.kill()
      app.close()
    },
  }
  return liveKit
}
