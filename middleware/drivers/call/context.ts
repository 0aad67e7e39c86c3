import {
  asVoiceAgentError,
  type ContextMessage,
  contextOf,
  type MessageRole,
  sentMessages,
  toVoiceError,
  VoiceAgentError,
  type VoiceAgentState,
} from '../../../store/index.js'
import type { Fact } from '../../live/events.js'
import { abortable } from '../../waiting.js'

/** Second argument of a {@link BuildContext}. */
export interface ContextRequest {
  /** Number of earlier messages that are not passed, including those only on disk. A summary would replace them. */
  omitted: number
  /** Aborts when the call ends, or after 5 s. */
  signal: AbortSignal
}

/**
 * Replaces the context that an agent without memory receives. It is called with the last `contextMessages` messages, partial ones
 * cut off. It returns the messages to send, for example a summary of the earlier messages followed by the same ones.
 * Called before each connection if there is a conversation. If it throws, returns anything else or takes longer than 5 s, its result
 * is ignored.
 *
 * @example
 * const buildContext: BuildContext = async (messages, { omitted }) =>
 *   omitted === 0 ? messages : [{ id: 'summary', role: 'system', text: await summarise() }, ...messages]
 */
export type BuildContext = (
  messages: ContextMessage[],
  request: ContextRequest,
) => readonly ContextMessage[] | Promise<readonly ContextMessage[]>

/** Milliseconds that a call waits for `buildContext`. */
const CONTEXT_LIMIT_MS = 5_000

const roles: readonly unknown[] = ['user', 'assistant', 'system', 'tool'] satisfies MessageRole[]

function isContext(value: unknown): value is ContextMessage[] {
  return (
    Array.isArray(value) &&
    value.every(
      (message) =>
        typeof message === 'object' &&
        message !== null &&
        typeof message.id === 'string' &&
        roles.includes(message.role) &&
        typeof message.text === 'string',
    )
  )
}

/**
 * Calls the hook, with a time limit.
 *
 * @throws VoiceAgentError `context-not-built` if it fails, times out, or returns an invalid result. The message quotes none of them.
 */
async function askForContext(
  build: BuildContext,
  messages: ContextMessage[],
  omitted: number,
  signal: AbortSignal,
): Promise<ContextMessage[]> {
  const late = new AbortController()
  let cause: unknown
  const timer = setTimeout(() => late.abort(), CONTEXT_LIMIT_MS)
  const limit = AbortSignal.any([signal, late.signal])
  try {
    const built: unknown = await abortable((async () => build(messages, { omitted, signal: limit }))(), limit)
    if (isContext(built)) return built.map(({ id, role, text }) => ({ id, role, text }))
  } catch (thrown) {
    signal.throwIfAborted()
    cause = thrown
  } finally {
    clearTimeout(timer)
  }
  throw new VoiceAgentError(
    'context-not-built',
    'buildContext returned no valid messages in time. The agent received the last messages instead.',
    { cause },
  )
}

export interface ContextPorts {
  contextMessages: number
  buildContext: BuildContext | undefined
  present(): VoiceAgentState
  report(fact: Fact): void
  warn(error: unknown): void
  /** Called with the ids of the messages in the context, when it is built. */
  onContext(messageIds: string[]): void
  /** Aborts when the call ends. */
  signal: AbortSignal
}

/** Returns the history for an agent without memory, without unsent texts. */
export async function readContext(ports: ContextPorts): Promise<ContextMessage[]> {
  const { contextMessages, buildContext, signal } = ports
  const { conversation } = ports.present()
  const messages = contextOf(conversation, contextMessages)
  ports.onContext(messages.map(({ id }) => id))
  if (!buildContext || messages.length === 0) return messages
  const count = conversation.firstLoadedIndex + sentMessages(conversation).length
  try {
    const omitted = Math.max(0, count - contextMessages)
    return await askForContext(buildContext, messages, omitted, signal)
  } catch (error) {
    signal.throwIfAborted()
    ports.warn(error)
    ports.report({ name: 'agentErrorReported', payload: { error: toVoiceError(asVoiceAgentError(error)) } })
    return messages
  }
}
