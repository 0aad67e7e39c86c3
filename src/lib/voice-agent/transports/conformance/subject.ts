import type { VoiceTransportFactory } from '../../../../../middleware/drivers/call/ports.js'
import type { AgentContinuation, ContextMessage } from '../../../../../store/index.js'

/** Rule that a conformance case checks. */
export type ConformanceKind =
  | 'connect'
  | 'cancel'
  | 'refuse'
  | 'stream'
  | 'interrupt'
  | 'lose'
  | 'resume'
  | 'reseed'
  | 'move'
  | 'mute'
  | 'devices'
  | 'close'
  | 'leaks'
  | 'malformed'

/** One test of a transport. Run the cases one after another, because each replaces `fetch` and the timers while it runs. */
export interface ConformanceCase {
  kind: ConformanceKind
  name: string
  /** True if the double lacks what the case needs, such as `moved`. */
  isSkipped: boolean
  /** Rejects with an error that says which rule is broken. */
  run(): Promise<void>
}

/**
 * The provider's side of one or more connections: a double that you write. It handles the transport's requests and its data channel
 * messages.
 */
export interface ConformanceProvider {
  /** Responds to a request from the transport. */
  fetch(request: Request): Response | Promise<Response>
  /** Called when the data channel opens. */
  onOpen?(send: (text: string) => void): void
  /** Called with each text from the data channel. */
  onMessage?(text: string, send: (text: string) => void): void
  /** Context that the agent received; empty if there was none. */
  readonly context: readonly Pick<ContextMessage, 'role' | 'text'>[]
  /** Typed texts that the agent has received. */
  readonly texts: readonly string[]
  /** Messages of one answer, in order: its start, one message per part of its text, and its end. */
  answer(parts: readonly string[]): readonly string[]
  /** Messages for a spoken turn of the user. */
  userSays?(text: string): readonly string[]
  /** Messages that end the current answer because it was interrupted. */
  interrupted?(): readonly string[]
  /** Messages that tell a peer that the session continues on another device. */
  moved?(): readonly string[]
  /** Delivers a message to a transport with its own connection. Omit it for one that uses `openPeer`. */
  deliver?(message: string): void
  /** The track that a transport with its own media sends. Omit it for one that uses `openPeer`. */
  sentTrack?(): unknown
}

/** A transport for {@link transportConformance}, with its double. */
export interface TransportUnderTest {
  /** Creates the transport, with the options of your app. */
  transport: VoiceTransportFactory
  /** Creates a provider that has no sessions yet. */
  provider(): ConformanceProvider
  /** @default 'https://agent.test/api' */
  apiEndpoint?: string
  /** How the agent continues a session that the provider still has. @default 'resumed' */
  resume?: AgentContinuation
  /** How the agent continues a session that the provider lost, with a context. @default 'reseeded' */
  reseed?: AgentContinuation
}
