import { type ContextMessage, type MessageRole, VoiceAgentError } from '../../../store/index.js'
import { abortable } from '../../waiting.js'

/** Input of a {@link BuildContext} besides the messages. */
export interface ContextRequest {
  /** Number of messages in the conversation before the given ones, stored ones included: a summary would replace them. */
  omitted: number
  /** Aborts when the call is ended, or after 5 s. */
  signal: AbortSignal
}

/**
 * Replaces the context that an agent without memory receives. It receives the last `contextMessages` messages, partial ones
 * settled. It returns the messages to send, for example a summary of the earlier ones and the same messages after it.
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

/** Milliseconds that a call waits for it. */
const longest = 5_000

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
 * Calls the hook, for a limited time.
 *
 * @throws VoiceAgentError `invalid-option` if its result is invalid; without anything that it returned or threw.
 */
export async function askForContext(
  build: BuildContext,
  messages: ContextMessage[],
  omitted: number,
  signal: AbortSignal,
): Promise<ContextMessage[]> {
  const late = new AbortController()
  let cause: unknown
  const timer = setTimeout(() => late.abort(), longest)
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
    'buildContext gave no usable messages in time: the agent was given the last ones.',
    { cause },
  )
}
