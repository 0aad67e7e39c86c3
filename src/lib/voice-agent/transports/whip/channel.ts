import type {
  ClientMessage,
  ConnectRequest,
  TransportEvent,
} from '../../../../../middleware/drivers/call/ports.js'
import type { AgentContinuation } from '../../../../../store/index.js'

/** Protocol of a data channel next to the audio. WHIP defines none, so your app does. */
export interface WhipChannel {
  /** Label of the data channel that the client opens. */
  label: string
  /**
   * Translates one message from the agent into zero or more events. If it throws, the message counts as malformed.
   *
   * @example parse: (text) => ({ type: 'userTranscriptReceived', text, final: true })
   */
  parse(text: string): TransportEvent | readonly TransportEvent[] | null
  /** Formats one message to the agent; null if the agent does not support it. @default no message is sent */
  format?(message: ClientMessage): string | null
  /**
   * Called once the channel is open and before the agent hears the microphone. Tells the agent about the session, and
   * returns how the agent continued.
   *
   * @default 'fresh'
   */
  begin?(
    session: Pick<ConnectRequest, 'sessionId' | 'resume' | 'context' | 'tools' | 'signal'>,
    send: (text: string) => void,
  ): AgentContinuation | Promise<AgentContinuation>
}

/** Translates messages with the app's `parse`. Never throws. */
export function createChannelReader(
  parse: WhipChannel['parse'],
  emit: (event: TransportEvent) => void,
): (text: string) => void {
  return (text) => {
    let events: TransportEvent | readonly TransportEvent[] | null
    try {
      events = parse(text)
    } catch {
      return emit({ type: 'protocolError', why: 'malformed' })
    }
    for (const event of events === null ? [] : [events].flat()) emit(event)
  }
}
