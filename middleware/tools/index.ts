import { isAnyOf } from '@reduxjs/toolkit'
import type { ToolAnswer } from '../../store/index.js'
import { abortable, type HandlerContext } from '../context.js'
import type { AnyVoiceTool, ToolContext, ToolDescription, VoiceTools } from './ports.js'
import { toJsonSchema, validate } from './standard-schema.js'

/** How long a tool may take, in milliseconds: an agent that waits is an agent that is silent. */
const timeLimit = 30_000

/** What an agent is told that it can call. */
export function describeTools(tools: VoiceTools): ToolDescription[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => {
    const schema = toJsonSchema(parameters)
    return { name, description, ...(schema === undefined ? {} : { parameters: schema }) }
  })
}

/** As JSON says it: that is what the agent gets, and what can be kept. */
function asJson(result: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(result ?? null))
  } catch {
    // An agent that took it for a failure would call the tool again.
    throw new Error('The tool has run, but what it gave is no JSON value.')
  }
}

/**
 * Runs the app's tools when the agent calls them. It follows the agent's own event and nothing in the state, so that neither a
 * restored conversation nor time travel runs one again.
 */
export function handleTools(
  { actions, startListening, dispatch, getState, clock, disposed }: HandlerContext,
  tools: VoiceTools,
): void {
  const running = new Map<string, AbortController>()
  /** Of this call: a provider may tell of one call twice. */
  const called = new Set<string>()

  function cancelAll() {
    for (const [id, abort] of running) {
      abort.abort()
      dispatch(actions.toolCallStopped({ id, cancelled: true }))
    }
  }
  disposed.addEventListener('abort', cancelAll)

  async function answerOf(tool: AnyVoiceTool, given: unknown, signal: AbortSignal): Promise<ToolAnswer> {
    const context: ToolContext = {
      // The store knows what its state is; only here nobody does.
      dispatch: dispatch as unknown as ToolContext['dispatch'],
      getState: <State>() => getState() as State,
      signal,
    }
    try {
      const args = await validate(tool.parameters, given)
      signal.throwIfAborted()
      const result = await abortable(Promise.resolve(tool.run(args as never, context)), signal)
      return { result: asJson(result) }
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : 'The tool failed.' }
    }
  }

  startListening({
    actionCreator: actions.toolCallStarted,
    effect: async ({ payload: { id, name, arguments: given } }) => {
      // Others are the agent's own: its provider only tells of them.
      const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
      if (!tool || called.has(id)) return
      called.add(id)
      const abort = new AbortController()
      running.set(id, abort)
      const timer = clock.setTimeout(
        () => abort.abort(new Error(`The tool took longer than ${timeLimit / 1_000} s.`)),
        timeLimit,
      )
      const answer = await answerOf(tool, given, abort.signal)
      clock.clearTimeout(timer)
      // Cancelled: whoever did has told of it.
      if (running.get(id) !== abort) return
      running.delete(id)
      dispatch(actions.toolCallAnswered({ id, name, arguments: given, answer }))
    },
  })

  startListening({
    actionCreator: actions.toolCallStopped,
    effect: ({ payload: { id } }) => {
      running.get(id)?.abort()
      running.delete(id)
    },
  })

  startListening({
    matcher: isAnyOf(actions.connectionClosed, actions.connectionFailed),
    effect: () => called.clear(),
  })
  startListening({
    matcher: isAnyOf(
      actions.assistantTurnInterrupted,
      actions.interruptRequested,
      actions.connectionLost,
      actions.connectionClosed,
      actions.connectionFailed,
      actions.sessionEnded,
    ),
    effect: cancelAll,
  })
}
