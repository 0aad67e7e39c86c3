import type {
  ClientMessage,
  ConnectRequest,
  TransportEvent,
  VoiceTransportFactory,
} from '../../../middleware/drivers/call/ports.js'
import type { TokenRefreshCallback } from '../../../middleware/drivers/token/ports.js'
import type { VoiceErrorCode } from '../../../store/index.js'
import type { Page } from '../browser.js'
import { Pipe, Violation, type World } from '../world.js'

export const TOKEN_LIFE_MS = 600_000

/** A call as the server has it. */
export interface ServerCall {
  page: Page
  /** The app's session that was open when it began. The agent's own may have another id: that of its token. */
  sessionId: string | null
  isOpen: boolean
  emit(event: TransportEvent): void
}

/** How a page's next attempt ends. */
export type ConnectFault = 'unreachable' | 'unauthorized' | 'rejected' | 'silent'

/** The app's server and the agent behind it: gives tokens, takes calls, and remembers what it was told, and where. */
export class VoiceServer {
  readonly #world: World
  readonly #tokens = new Map<
    string,
    { sessionId: string; expiresAt: number; page: Page; transport: number }
  >()
  /** How many transports a page has had. */
  readonly #transports = new Map<Page, number>()
  readonly calls = new Set<ServerCall>()
  /** Ids of the texts that came, with the session that they came in. */
  readonly texts = new Map<string, string>()
  readonly #texts = new Set<string>()
  /** Connections that a page has begun and not closed. */
  readonly #open = new Map<Page, Set<object>>()
  readonly toolAnswers = new Map<string, unknown>()
  nextConnect: ConnectFault | null = null
  isTokenEndpointDown = false
  /** Answers neither tokens nor calls until it is well again. */
  isHanging = false
  #waiting: (() => void)[] = []

  constructor(world: World) {
    this.#world = world
  }

  hasText(text: string): boolean {
    return this.#texts.has(text)
  }

  heal(): void {
    this.isHanging = this.isTokenEndpointDown = false
    this.nextConnect = null
    const waiting = this.#waiting
    this.#waiting = []
    for (const run of waiting) run()
  }

  /** Connections of a page that are not closed. */
  openOf(page: Page): number {
    return this.#open.get(page)?.size ?? 0
  }

  callsOf(page: Page): ServerCall[] {
    return [...this.calls].filter((call) => call.page === page && call.isOpen)
  }

  /** A page is gone: the server notices. */
  close(page: Page): void {
    for (const call of this.callsOf(page)) call.isOpen = false
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

  /** The transport of a page. @param currentSession Id of the session that is open in it. */
  transportFor(
    page: Page,
    currentSession: () => string | null,
    errorOf: (code: VoiceErrorCode) => Error,
  ): VoiceTransportFactory {
    const transport = (this.#transports.get(page) ?? 0) + 1
    this.#transports.set(page, transport)
    return ({ emit, openPeer }) => {
      const toPage = new Pipe(this.#world, `${page.name} hears of its agent`)
      const toServer = new Pipe(this.#world, `the agent hears of ${page.name}`)
      const connection = {}
      let call: ServerCall | null = null
      let isClosed = false
      const begin = ({ token, sessionId }: ConnectRequest) => {
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
        // A closed connection delivers nothing: its agent hears no one, and gives up.
        if (fault || isClosed) throw errorOf('agent-unreachable')
        call = {
          page,
          sessionId: currentSession(),
          isOpen: true,
          emit: (event) => toPage.post(() => page.run(() => isClosed || emit(event))),
        }
        this.calls.add(call)
        return call
      }
      return {
        connect: async (request) => {
          const open = this.#open.get(page) ?? new Set()
          this.#open.set(page, open.add(connection))
          if (open.size > 1) throw new Violation(`${page.name} has ${open.size} connections at once.`)
          await openPeer({ dataChannel: null, signal: request.signal, onMessage() {} })
          await this.#answer(page, 'call', () => begin(request))
          return request.resume ? 'resumed' : 'fresh'
        },
        send: (message) => {
          if (isClosed || !call?.isOpen) throw errorOf('not-connected')
          const { sessionId } = call
          if (message.type === 'text') this.#note(message, sessionId)
          toServer.post(() => {
            if (message.type === 'tool-answer') this.toolAnswers.set(message.toolCallId, message.answer)
          })
        },
        close: () => {
          isClosed = true
          this.#open.get(page)?.delete(connection)
          if (call) call.isOpen = false
        },
      }
    }
  }

  /** @throws Violation for a text that was typed in another session, or came before. */
  #note({ id, text }: Extract<ClientMessage, { type: 'text' }>, sessionId: string | null): void {
    if (this.texts.has(id)) this.#world.violate(new Violation(`"${text}" was sent twice.`))
    // One that was typed before there was a session belongs to the one that it began.
    if (!text.endsWith(`-in-${sessionId}`) && !text.endsWith('-in-null')) {
      this.#world.violate(new Violation(`"${text}" was sent to the agent of ${sessionId}.`))
    }
    this.texts.set(id, String(sessionId))
    this.#texts.add(text)
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
