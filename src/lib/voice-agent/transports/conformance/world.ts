import {
  type Connection,
  type ConnectionEnd,
  createConnection,
} from '../../../../../middleware/drivers/call/connection.js'
import type {
  ConnectRequest,
  MicrophoneRequest,
  PeerRequest,
  ReportedEvent,
} from '../../../../../middleware/drivers/call/ports.js'
import type { ContextMessage } from '../../../../../store/index.js'
import { createFakePeer, type FakePeer } from './fake-peer.js'
import { real, replaceGlobals } from './globals.js'
import type { ConformanceProvider, TransportUnderTest } from './subject.js'

/** The token of each connection. It may appear only in the `Authorization` header. */
export const SECRET = 'token-that-must-stay-secret'
/** Milliseconds until something must have happened. */
const PATIENCE_MS = 3_000

/** Throws an error with the rule as its message unless it is met. */
export function check(isMet: unknown, rule: string): asserts isMet {
  if (!isMet) throw new Error(rule)
}

/** Resolves once `isTrue` returns true. @throws Error with the rule after 3 s */
export async function until(isTrue: () => boolean, rule: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!isTrue()) {
    check(performance.now() < deadline, rule)
    await new Promise((resolve) => real.setTimeout(resolve, 1))
  }
}

/** Resolves to a promise's outcome. @throws Error with the rule if it does not settle within 3 s */
export async function settled<T>(promise: Promise<T>, rule: string): Promise<PromiseSettledResult<T>> {
  let outcome: PromiseSettledResult<T> | undefined
  promise.then(
    (value) => {
      outcome = { status: 'fulfilled', value }
    },
    (reason: unknown) => {
      outcome = { status: 'rejected', reason }
    },
  )
  await until(() => outcome !== undefined, rule)
  return outcome as PromiseSettledResult<T>
}

/** Lets everything that is now due run. */
export const rest = () => new Promise<void>((resolve) => real.setTimeout(resolve, 5))

/** A microphone's track, which records forbidden calls. */
export interface FakeTrack {
  enabled: boolean
  readonly misuse: string[]
}

function createTrack(): FakeTrack {
  const misuse: string[] = []
  const track = {
    kind: 'audio',
    readyState: 'live',
    enabled: true,
    misuse,
    stop: () => void misuse.push('stop'),
    clone() {
      misuse.push('clone')
      return track
    },
    addEventListener() {},
    removeEventListener() {},
    getSettings: () => ({}),
  }
  return track
}

/** One connection from the transport to a provider, with everything that it has done. */
export interface Trial {
  connection: Connection
  /** Events that passed the port's check. */
  events: ReportedEvent[]
  /** How the connection ended; null until it has. */
  end: ConnectionEnd | null
  /** The provider's context when the microphone was opened; null before that. */
  contextAtGate: readonly Pick<ContextMessage, 'role' | 'text'>[] | null
  abort: AbortController
  connect(request?: Partial<ConnectRequest>): ReturnType<Connection['connect']>
  /** Delivers messages from the provider, one after another. */
  say(messages: readonly string[]): Promise<void>
  peer(): FakePeer
  /** Delivers one message from the provider. */
  receive(message: string): void
}

interface Resources {
  timers: Set<unknown>
  listeners: Map<string, Set<unknown>>
  /** Requests without a response that were not aborted. */
  requests: Set<Request>
  peers: FakePeer[]
}

/** A case's environment: requests, timers and media that the transport uses while it runs. */
export interface World {
  provider: ConformanceProvider
  resources: Resources
  requests: Request[]
  /** Unhandled errors, thrown in a callback or rejected. */
  uncaught: unknown[]
  /** Errors that the package caught, because the transport threw while reading a message or closing. */
  warned: unknown[]
  /** Called before each step of a connection: a request, its response, a call to the peer, a message. */
  onStep(step: number): void
  steps: number
  /** True once the case has cancelled the connection. */
  isCancelled: boolean
  /** Replaces the provider's responses. Return null to let a request through. */
  intercept(request: Request): Response | Promise<Response> | null
  microphone: {
    tracks: FakeTrack[]
    opened: number
    userMedia: number
    switchTo(track: FakeTrack | null): void
  }
  begin(): Trial
  /** @throws Error if a closed transport has left anything behind */
  requireNothingLeft(): Promise<void>
}

/** Runs a case in a new world, then restores `fetch` and the timers. */
export async function inWorld(
  subject: TransportUnderTest,
  run: (world: World) => Promise<void>,
): Promise<void> {
  const { apiEndpoint = 'https://agent.test/api' } = subject
  const provider = subject.provider()
  const resources: Resources = { timers: new Set(), listeners: new Map(), requests: new Set(), peers: [] }
  const uncaught: unknown[] = []
  const trials: Trial[] = []
  let memo: string | null = null
  const trackListeners = new Set<(track: MediaStreamTrack | null) => void>()

  const world: World = {
    provider,
    resources,
    requests: [],
    uncaught,
    warned: [],
    onStep() {},
    steps: 0,
    isCancelled: false,
    intercept: () => null,
    microphone: {
      tracks: [createTrack()],
      opened: 0,
      userMedia: 0,
      switchTo(track) {
        for (const listener of trackListeners) listener(track as MediaStreamTrack | null)
      },
    },
    begin,
    requireNothingLeft,
  }

  async function step() {
    // Lets the transport's synchronous code finish first.
    await Promise.resolve()
    world.onStep(world.steps++)
    // A real step takes at least one task.
    await new Promise((resolve) => real.setTimeout(resolve, 0))
  }

  async function fakeFetch(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(input instanceof Request ? input.url : String(input), apiEndpoint)
    const { signal, keepalive: _, ...rest } = init
    const request = new Request(input instanceof Request ? input : url, rest)
    world.requests.push(request)
    // Sent while the transport closes, without waiting for the response.
    const isGoodbye = request.method === 'DELETE'
    if (!isGoodbye) resources.requests.add(request)
    const aborted = new Promise<never>((_resolve, reject) => {
      const abort = () => {
        resources.requests.delete(request)
        reject(signal?.reason)
      }
      if (signal?.aborted) abort()
      else signal?.addEventListener('abort', abort, { once: true })
    })
    const answered = (async () => {
      await step()
      // After a cancellation, no response arrives: only the signal ends the wait.
      if (world.isCancelled) return new Promise<Response>(() => {})
      const response = await (world.intercept(request.clone() as Request) ??
        provider.fetch(request.clone() as Request))
      await step()
      resources.requests.delete(request)
      return response
    })()
    aborted.catch(() => undefined)
    return Promise.race([answered, aborted])
  }

  function begin(): Trial {
    const events: ReportedEvent[] = []
    const abort = new AbortController()
    const media = {
      async openPeer(request: PeerRequest) {
        await step()
        request.signal.throwIfAborted()
        const peer = createFakePeer(request, {
          provider,
          step,
          onGate() {
            trial.contextAtGate = [...provider.context]
          },
        })
        resources.peers.push(peer)
        return peer
      },
      async openMicrophone({ signal, onTrack }: MicrophoneRequest) {
        await step()
        signal.throwIfAborted()
        world.microphone.opened++
        trial.contextAtGate ??= [...provider.context]
        trackListeners.add(onTrack)
        signal.addEventListener('abort', () => trackListeners.delete(onTrack), { once: true })
        return (world.microphone.tracks.at(-1) ?? null) as MediaStreamTrack | null
      },
      play() {},
      reportLevel() {},
    }
    const connection = createConnection(
      {
        apiEndpoint,
        transport: subject.transport,
        media,
        getToken: async () => ({ token: SECRET }),
        memo: {
          get: () => memo,
          set(text) {
            memo = text
          },
        },
        iceServers: [],
        warn: (error) => void world.warned.push(error),
      },
      {
        onEvent: (event) => void events.push(event),
        onInterrupted() {},
        onRecovered() {},
        onEndAnnounced() {},
      },
    )
    const trial: Trial = {
      connection,
      events,
      end: null,
      contextAtGate: null,
      abort,
      connect: (request = {}) =>
        connection.connect({
          token: SECRET,
          sessionId: 'session-1',
          resume: false,
          context: [],
          tools: [],
          signal: abort.signal,
          ...request,
        }),
      async say(messages) {
        for (const message of messages) {
          trial.receive(message)
          await rest()
        }
      },
      receive(message) {
        if (provider.deliver) provider.deliver(message)
        else trial.peer().receive(message)
      },
      peer() {
        const peer = resources.peers.at(-1)
        check(peer, 'A transport with a data channel must call `openPeer`.')
        return peer
      },
    }
    void connection.ended.then((end) => {
      trial.end = end
    })
    trials.push(trial)
    return trial
  }

  async function requireNothingLeft() {
    await rest()
    check(
      resources.peers.every(({ isClosed }) => isClosed),
      'Every peer must be closed when the transport is.',
    )
    check(
      resources.timers.size === 0,
      `Every timer must be stopped when the transport is closed; ${resources.timers.size} still running.`,
    )
    const listening = [...resources.listeners]
      .filter(([, listeners]) => listeners.size > 0)
      .map(([type]) => type)
    check(
      listening.length === 0,
      `Every listener on the page must be removed; still listening for ${listening.join(', ')}.`,
    )
    check(
      resources.requests.size === 0,
      'Every pending request must be aborted when the transport is closed: pass `signal` to it.',
    )
  }

  const restore = replaceGlobals({
    ...resources,
    fetch: fakeFetch,
    onUncaught: (error) => void uncaught.push(error),
    onUserMedia: () => void world.microphone.userMedia++,
  })
  try {
    await run(world)
    check(uncaught.length === 0, `No error may be uncaught; got ${String(uncaught[0])}.`)
    for (const track of world.microphone.tracks)
      check(
        track.misuse.length === 0,
        `The microphone's track belongs to the package: a transport must not ${track.misuse[0]} it.`,
      )
  } finally {
    for (const { connection } of trials) connection.close()
    restore()
  }
}
