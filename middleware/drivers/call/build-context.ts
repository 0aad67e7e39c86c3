import { type ContextMessage, type MessageRole, VoiceAgentError } from '../../../store/index.js'
import { abortable, type Clock } from '../../clock.js'

/** What a {@link BuildContext} goes by. */
export interface ContextRequest {
  /** Messages of the conversation, stored ones included, that come before those given: what a summary would stand for. */
  omitted: number
  /** Aborts when the call is ended, or after 5 s. */
  signal: AbortSignal
}

/**
 * Replaces what an agent that has forgotten is told: it is given the last `contextMessages` messages, partial ones settled, and gives
 * those to send, such as a summary of what is left out and the same messages after it. Asked before each connection once there is a conversation; one that throws, gives
 * anything else or takes longer than 5 s is passed over.
 *
 * @example
 * const buildContext: BuildContext = async (messages, { omitted }) =>
 *   omitted === 0 ? messages : [{ id: 'summary', role: 'system', text: await summarise() }, ...messages]
 */
export type BuildContext = (
  messages: ContextMessage[],
  request: ContextRequest,
) => readonly ContextMessage[] | Promise<readonly ContextMessage[]>

/** In milliseconds: a call waits for it. */
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
 * Asks the hook, for a limited time.
 *
 * @throws VoiceAgentError `invalid-option` when it can't be used; free of what it said or threw.
 */
export async function askForContext(
  build: BuildContext,
  messages: ContextMessage[],
  omitted: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<ContextMessage[]> {
  const late = new AbortController()
  let cause: unknown
  const timer = clock.setTimeout(() => late.abort(), longest)
  const limit = AbortSignal.any([signal, late.signal])
  try {
    const built: unknown = await abortable((async () => build(messages, { omitted, signal: limit }))(), limit)
    if (isContext(built)) return built.map(({ id, role, text }) => ({ id, role, text }))
  } catch (thrown) {
    signal.throwIfAborted()
    cause = thrown
  } finally {
    clock.clearTimeout(timer)
  }
  throw new VoiceAgentError(
    'invalid-option',
    'buildContext gave no usable messages in time: the agent was given the last ones.',
    { cause },
  )
}
