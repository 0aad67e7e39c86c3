import type {
  ClientMessage,
  ConnectRequest,
  TransportEvent,
  VoiceTransportFactory,
} from '../../../middleware/drivers/call/ports.js'
import type { TokenRefreshCallback } from '../../../middleware/drivers/token/ports.js'
import type { AgentContinuation, VoiceErrorCode } from '../../../store/index.js'
import type { Page } from '../browser.js'
import { Pipe, Violation, type World } from '../world.js'

export const TOKEN_LIFE_MS = 600_000

/** A call of one of the app's tools, which return its id. `pay` needs the user's approval. */
export const toolCallOf = (toolCallId: string) =>
  ({
    type: 'toolCallStarted',
    toolCallId,
    name: toolCallId.startsWith('pay') ? 'pay' : 'look',
    arguments: { id: toolCallId },
  }) satisfies TransportEvent

/** Share of servers that acknowledge texts. */
const ACKNOWLEDGING_SHARE = 0.75

/** An agent, as long as it remembers its session. */
interface Agent {
  /** Ids of the texts it has received, in order. */
  texts: string[]
  /** Ids of its tool calls that have reached the page, and whether it is waiting for their results. */
  tools: Map<string, 'waits' | 'is done'>
}

/** First sign of a cut connection for the page: its channel rejects messages, the connection closes later, or it only goes silent. */
export type Cut = 'refuses' | 'closes' | 'falls silent'

/** A call from the server's point of view. */
export interface ServerCall {
  page: Page
  /** The app's session when the call began. The agent's session may have another id: the one in its token. */
  sessionId: string | null
  agent: Agent
  isOpen: boolean
  emit(event: TransportEvent): void
  /** Stops the connection from delivering anything, in both directions. */
  cut(how: Cut): void
  /** The page has closed, and can't tell which texts were still in its buffer. */
  abandon(): void
}

type Text = Extract<ClientMessage, { type: 'text' }>

/** How a page's next attempt ends. */
export type ConnectFault = 'unreachable' | 'unauthorized' | 'rejected' | 'silent'

/** The app's server with its agents: issues tokens, accepts calls, and remembers what it received and in which session. */
export class VoiceServer {
  readonly #world: World
  readonly #tokens = new Map<
    string,
    { sessionId: string; expiresAt: number; page: Page; transport: number }
  >()
  /** Number of transports that a page has had. */
  readonly #transports = new Map<Page, number>()
  readonly calls = new Set<ServerCall>()
  /** False for a server that doesn't report which texts its agents have received. */
  readonly isAcknowledging: boolean
  /** Agents by the session id in their token. */
  readonly #agents = new Map<string, Agent>()
  /** Ids of texts that have left their page, or may have. */
  readonly #left = new Set<string>()
  /** How often an agent has received each text, by id. */
  readonly #received = new Map<string, number>()
  /** Texts that were sent over an open connection and have not been received. */
  readonly #inTransit = new Set<string>()
  /** Texts that were in transit when a later connection reported the last text. They are sent again, and servers recognise their ids. */
  readonly #crossed = new Set<string>()
  /** How often the user has resent each unsent text. */
  readonly #resent = new Map<string, number>()
  /** Connections that a page has opened and not closed. */
  readonly #open = new Map<Page, Set<object>>()
  readonly toolAnswers = new Map<string, unknown>()
  nextConnect: ConnectFault | null = null
  /** Id of a tool call that the next agent makes before its connection is established. */
  nextEarlyTool: string | null = null
  /** Called when a page reaches an agent without memory of its session. */
  onForgotten: (page: Page) => void = () => {}
  isTokenEndpointDown = false
  /** True while the server responds to neither token nor call requests. */
  isHanging = false
  #waiting: (() => void)[] = []

  constructor(world: World) {
    this.#world = world
    this.isAcknowledging = world.random() < ACKNOWLEDGING_SHARE
  }

  /** True if an agent has or may have received the text. Without acknowledgements, any text that has left the page is in doubt. */
  hasOrDoubts(id: string): boolean {
    return this.#received.has(id) || (!this.isAcknowledging && this.#left.has(id))
  }

  hasLeft(id: string): boolean {
    return this.#left.has(id)
  }

  /** The user resends a text. */
  resend(id: string): void {
    this.#resent.set(id, (this.#resent.get(id) ?? 0) + 1)
  }

  /** The page's agents forget their session, as after a server restart. */
  forget(page: Page): void {
    const agents = this.callsOf(page).map(({ agent }) => agent)
    for (const [id, agent] of this.#agents) if (agents.includes(agent)) this.#agents.delete(id)
  }

  heal(): void {
    this.isHanging = this.isTokenEndpointDown = false
    this.nextConnect = null
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
  }

  /** Number of open connections of a page. */
  openOf(page: Page): number {
    return this.#open.get(page)?.size ?? 0
  }

  callsOf(page: Page): ServerCall[] {
    return [...this.calls].filter((call) => call.page === page && call.isOpen)
  }

  /** The server notices that a page has closed. */
  close(page: Page): void {
    for (const call of this.calls) {
      if (call.page !== page) continue
      if (call.isOpen) call.abandon()
      // The next page may not know about a call that wasn't stored.
      for (const id of call.agent.tools.keys()) call.agent.tools.set(id, 'is done')
    }
    this.#open.delete(page)
  }

  expireTokens(): void {
    for (const token of this.#tokens.values()) token.expiresAt = this.#world.now()
  }

  refreshFor(page: Page): TokenRefreshCallback {
    return ({ sessionId, token }) => {
      const known = token === null ? null : this.#tokens.get(token)
      if (token !== null && known?.sessionId !== sessionId) {
        this.#world.violate(
          new Violation(`${page.name} renews the token of ${known?.sessionId} for ${sessionId}.`),
        )
      }
      const transport = this.#transports.get(page) ?? 0
      return this.#answer(page, 'token', () => {
        if (this.isTokenEndpointDown) throw new Error('503')
        const id = sessionId ?? `s${this.#world.nextId()}`
        const fresh = `token-${this.#world.nextId()}-of-${id}`
        const expiresAt = this.#world.now() + TOKEN_LIFE_MS
        this.#tokens.set(fresh, { sessionId: id, expiresAt, page, transport })
        return { token: fresh, expiresAt, sessionId: id }
      })
    }
  }

  /** Creates a page's transport. @param currentSession Returns the id of the page's open session. */
  transportFor(
    page: Page,
    currentSession: () => string | null,
    errorOf: (code: VoiceErrorCode) => Error,
  ): VoiceTransportFactory {
    const transport = (this.#transports.get(page) ?? 0) + 1
    this.#transports.set(page, transport)
    return ({ emit, openPeer }) => {
      const toPage = new Pipe(this.#world, `${page.name} hears of its agent`)
      const fromPage = new Pipe(this.#world, `a message leaves ${page.name}`)
      const toServer = new Pipe(this.#world, `the agent hears of ${page.name}`)
      const connection = {}
      /** Messages in the data channel's buffer. */
      const buffer: ClientMessage[] = []
      /** Messages reported to the page as not sent. They never leave it after the connection closes. */
      let retained: readonly ClientMessage[] = []
      let call: ServerCall | null = null
      let isClosed = false
      let isCut = false
      let isRefusing = false

      const leave = ({ id }: Text) => this.#left.add(id)
      const deliver = (run: () => void) =>
        toPage.post(() => {
          if (!isCut) page.run(() => isClosed || run())
        })
      const acknowledged = ({ texts }: Agent): TransportEvent => ({
        type: 'textsAcknowledged',
        lastTextId: texts.at(-1) ?? null,
      })
      const callTool = (agent: Agent, event: TransportEvent) => {
        if (event.type !== 'toolCallStarted' || agent.tools.has(event.toolCallId)) return
        agent.tools.set(event.toolCallId, 'waits')
      }
      const begin = ({ token, sessionId, resume }: ConnectRequest): AgentContinuation => {
        const fault = this.nextConnect
        this.nextConnect = null
        const known = this.#tokens.get(token)
        if (known?.sessionId !== sessionId) {
          this.#world.violate(
            new Violation(`${page.name} calls ${sessionId} with a token of ${known?.sessionId}.`),
          )
        }
        if (known?.page === page && known.transport < transport)
          this.#world.violate(new Violation(`${page.name} calls with the token of a transport that it left.`))
        if (fault === 'unauthorized' || (known && known.expiresAt <= this.#world.now()))
          throw errorOf('unauthorized')
        if (fault === 'rejected') throw errorOf('signalling-rejected')
        const toolCallId = this.nextEarlyTool
        this.nextEarlyTool = null
        const early: TransportEvent | null = toolCallId === null ? null : toolCallOf(toolCallId)
        // An attempt that fails later may still have reached an agent.
        if (early) emit(early)
        // A closed connection delivers nothing, so its agent hears no one and gives up.
        if (fault || isClosed) throw errorOf('agent-unreachable')
        const former = resume ? this.#agents.get(sessionId) : undefined
        const agent: Agent = former ?? { texts: [], tools: new Map() }
        this.#agents.set(sessionId, agent)
        if (early) callTool(agent, early)
        if (resume && !former) this.onForgotten(page)
        let ownSession = currentSession()
        call = {
          page,
          // A call may begin while its session is still being created.
          get sessionId() {
            ownSession ??= currentSession()
            return ownSession
          },
          agent,
          isOpen: true,
          emit: (event) =>
            deliver(() => {
              callTool(agent, event)
              emit(event)
            }),
          abandon() {
            isCut = true
            this.isOpen = false
            for (const message of buffer) if (message.type === 'text') leave(message)
          },
          cut(how) {
            isCut = true
            isRefusing = how === 'refuses'
            const state = how === 'falls silent' ? 'disconnected' : 'closed'
            toPage.post(() => page.run(() => isClosed || emit({ type: 'connectionState', state })))
          },
        }
        this.calls.add(call)
        if (this.isAcknowledging) {
          emit(acknowledged(agent))
          for (const id of this.#inTransit) this.#crossed.add(id)
        }
        if (!resume) return 'fresh'
        return former ? 'resumed' : 'reseeded'
      }
      const receive = ({ agent, sessionId }: ServerCall, message: ClientMessage) => {
        if (message.type === 'tool-answer') {
          agent.tools.set(message.toolCallId, 'is done')
          this.toolAnswers.set(message.toolCallId, message.answer)
        } else if (message.type === 'text') {
          this.#receive(message, sessionId)
          agent.texts.push(message.id)
          if (this.isAcknowledging) deliver(() => emit(acknowledged(agent)))
        }
      }
      return {
        connect: async (request) => {
          const open = this.#open.get(page) ?? new Set()
          this.#open.set(page, open.add(connection))
          if (open.size > 1) throw new Violation(`${page.name} has ${open.size} connections at once.`)
          await openPeer({ dataChannel: null, signal: request.signal, onMessage() {} })
          return this.#answer(page, 'call', () => begin(request))
        },
        send: (message) => {
          const current = call
          if (isClosed || !current?.isOpen) throw errorOf('not-connected')
          if (isRefusing) return false
          buffer.push(message)
          const textId = message.type === 'text' ? message.id : ''
          this.#inTransit.add(textId)
          fromPage.post(() => {
            // A cut connection doesn't drain its buffer.
            if (isCut || (isClosed && retained.includes(message))) {
              this.#inTransit.delete(textId)
              return
            }
            buffer.shift()
            if (message.type === 'text') leave(message)
            toServer.post(() => {
              this.#inTransit.delete(textId)
              if (!isCut) receive(current, message)
            })
          })
          return true
        },
        undelivered: () => {
          retained = [...buffer]
          return buffer.flatMap((message) => (message.type === 'text' ? [message.id] : []))
        },
        restartIce: () =>
          this.#answer(page, 'ICE restart', () => {
            if (isCut || !call?.isOpen) throw errorOf('connection-lost')
          }),
        close: () => {
          isClosed = true
          this.#open.get(page)?.delete(connection)
          if (call) call.isOpen = false
        },
      }
    }
  }

  /** @throws Violation for a text that was typed in another session, or that was received before and not resent by the user. */
  #receive({ id, text }: Text, sessionId: string | null): void {
    const count = (this.#received.get(id) ?? 0) + 1
    if (count > 1 + (this.#resent.get(id) ?? 0) + Number(this.#crossed.has(id)))
      this.#world.violate(new Violation(`"${text}" was received ${count} times.`))
    // A text typed before there was a session belongs to the session that it started.
    if (!text.endsWith(`-in-${sessionId}`) && !text.endsWith('-in-null')) {
      this.#world.violate(new Violation(`"${text}" was sent to the agent of ${sessionId}.`))
    }
    this.#received.set(id, count)
  }

  #answer<T>(page: Page, what: string, answer: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const run = () =>
        this.#world.later(`server answers ${page.name}: ${what}`, () => {
          if (this.isHanging) return void this.#waiting.push(run)
          page.run(() => {
            try {
              resolve(answer())
            } catch (error) {
              reject(error)
            }
          })
        })
      run()
    })
  }
}
