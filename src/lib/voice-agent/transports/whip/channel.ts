import type { ClientMessage, ConnectRequest, TransportEvent } from '../../../../../middleware/webrtc/ports.js'
import type { AgentContinuation } from '../../../../../store/index.js'

/** What a data channel beside the sound carries: WHIP says nothing of it, so the app does. */
export interface WhipChannel {
  /** Label of the data channel that the client opens. */
  label: string
  /**
   * Translates one message of the agent's, to none, one or several events. What it throws counts as a message that could not be read.
   *
   * @example parse: (text) => ({ type: 'user-transcript', text, final: true })
   */
  parse(text: string): TransportEvent | readonly TransportEvent[] | null
  /** The text of one message to the agent; null for what it does not understand. @default nothing is sent */
  format?(message: ClientMessage): string | null
  /**
   * Called when the channel is open and the agent does not hear the microphone yet: tells it of the session, and gives how it goes on.
   *
   * @default 'fresh'
   */
  begin?(
    session: Pick<ConnectRequest, 'sessionId' | 'resume' | 'context' | 'tools' | 'signal'>,
    send: (text: string) => void,
  ): AgentContinuation | Promise<AgentContinuation>
}

/** Reads messages as the app says. Never throws. */
export function createChannelReader(
  parse: WhipChannel['parse'],
  emit: (event: TransportEvent) => void,
): (text: string) => void {
  return (text) => {
    let events: TransportEvent | readonly TransportEvent[] | null
    try {
      events = parse(text)
    } catch {
      return emit({ type: 'protocol-error', why: 'malformed' })
    }
    for (const event of events === null ? [] : [events].flat()) emit(event)
  }
}
