import type { ToolAnswer } from '../../../store/index.js'
import type { Fact } from '../../live/state.js'
import { abortable } from '../../waiting.js'
import type { AnyVoiceTool, ToolContext, ToolDescription, VoiceTools } from './ports.js'
import { toJsonSchema, validate } from './standard-schema.js'

/** Milliseconds that a tool may take, because an agent that waits is silent. */
const timeLimit = 30_000

/** Describes the tools to an agent. */
export function describeTools(tools: VoiceTools): ToolDescription[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => {
    const schema = toJsonSchema(parameters)
    return { name, description, ...(schema === undefined ? {} : { parameters: schema }) }
  })
}

/** Converts a result to JSON, because the agent receives it, and the storage saves it, as JSON. */
function asJson(result: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(result ?? null))
  } catch {
    // Says that the tool has run, because an agent that took this for a failure would call it again.
    throw new Error('The tool has run, but its result is not a JSON value.')
  }
}

/** Runs the app's tools for one call. */
export interface ToolRunner {
  /** Starts the tool that the agent calls, or stops the one that it cancels. */
  onFact(fact: Fact): void
  cancelAll(): void
}

/**
 * Follows the agent's own events and nothing in the state, so that neither a restored conversation nor time travel runs a tool
 * again.
 */
export function createToolRunner({
  tools,
  report,
  store,
}: {
  tools: VoiceTools
  report(fact: Fact): void
  store: { dispatch: unknown; getState(): unknown }
}): ToolRunner {
  const running = new Map<string, AbortController>()
  /** Ids of this call's tool calls, because a provider may report one twice. */
  const called = new Set<string>()

  async function answerOf(tool: AnyVoiceTool, args: unknown, signal: AbortSignal): Promise<ToolAnswer> {
    const context: ToolContext = {
      // Cast, because the app knows the type of its store and the package does not.
      dispatch: store.dispatch as ToolContext['dispatch'],
      getState: <State>() => store.getState() as State,
      signal,
    }
    async function checkAndRun() {
      const checked = await validate(tool.parameters, args)
      signal.throwIfAborted()
      return tool.run(checked as never, context)
    }
    try {
      return { result: asJson(await abortable(checkAndRun(), signal)) }
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown.message : 'The tool failed.' }
    }
  }

  async function run(id: string, name: string, args: unknown): Promise<void> {
    // Other tools are the agent's own, and its provider only reports them.
    const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
    if (!tool || called.has(id)) return
    called.add(id)
    const abort = new AbortController()
    running.set(id, abort)
    const late = () => abort.abort(new Error(`The tool took longer than ${timeLimit / 1_000} s.`))
    const timer = setTimeout(late, timeLimit)
    const answer = await answerOf(tool, args, abort.signal)
    clearTimeout(timer)
    if (running.get(id) !== abort) return
    running.delete(id)
    report({ name: 'toolCallAnswered', payload: { toolCallId: id, name, arguments: args, answer } })
  }

  function cancelAll() {
    for (const [id, abort] of running) {
      running.delete(id)
      abort.abort()
      report({ name: 'toolCallStopped', payload: { toolCallId: id, cancelled: true } })
    }
  }

  return {
    onFact(fact) {
      const { name, payload } = fact
      if (name === 'toolCallStarted') void run(payload.toolCallId, payload.name, payload.arguments)
      else if (name === 'toolCallStopped') {
        running.get(payload.toolCallId)?.abort()
        running.delete(payload.toolCallId)
      } else if (name === 'assistantTurnInterrupted' || name === 'connectionLost') cancelAll()
    },
    cancelAll,
  }
}
