import type { ToolAnswer } from '../../../store/index.js'
import type { CommandNamed, CommandRunners, Event } from '../../live/events.js'
import { abortable, startTimer } from '../../waiting.js'
import type { AnyVoiceTool, ToolContext, VoiceTools } from './ports.js'
import { validate } from './standard-schema.js'

/** Milliseconds that the agent waits for a tool by default. Limited, because the agent is silent meanwhile. */
const DEFAULT_LIMIT_MS = 30_000

export interface ToolDriver {
  runners: CommandRunners<'checkTool' | 'recordTool' | 'runTool' | 'abortTool'>
  /** Aborts the signals of all runs. */
  dispose(): void
}

/** Converts a result to JSON, because the agent receives it, and the storage saves it, as JSON. */
function asJson(result: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(result ?? null))
  } catch {
    // Says that the tool has run, because an agent that treated this as a failure would call it again.
    throw new Error('The tool has run, but its result is not a JSON value.')
  }
}

const messageOf = (thrown: unknown) => (thrown instanceof Error ? thrown.message : 'The tool failed.')

/** Checks and runs the app's tools. A run is not tied to the voice call, so it continues while the connection is lost. */
export function createToolDriver({
  tools,
  store,
  feed,
  record,
}: {
  tools: VoiceTools
  /** Gives the tools access to the app's store. */
  store: { dispatch: unknown; getState(): unknown }
  feed(event: Event): void
  /** Resolves once the present state is saved, or saving has failed. */
  record(): Promise<void>
}): ToolDriver {
  /** Runs that are in progress or may still start, with their validated arguments. */
  const runs = new Map<number, { abort: AbortController; args: unknown; isRunning: boolean }>()

  const limitOf = ({ timeLimitMs = DEFAULT_LIMIT_MS }: AnyVoiceTool) => timeLimitMs

  async function check({ runId, name, arguments: rawArguments }: CommandNamed<'checkTool'>): Promise<void> {
    const tool = tools[name]
    if (!tool) return
    const run = { abort: new AbortController(), args: undefined as unknown, isRunning: false }
    runs.set(runId, run)
    const limit = limitOf(tool)
    const late = new Error(`The arguments were not checked within ${limit / 1_000} s. The tool has not run.`)
    const timer = startTimer(() => run.abort.abort(late), limit)
    let error: string | null = null
    let needsApproval = false
    try {
      run.args = await abortable((async () => validate(tool.parameters, rawArguments))(), run.abort.signal)
      const needs = tool.needsApproval ?? false
      needsApproval = typeof needs === 'function' ? needs(run.args as never) !== false : needs
    } catch (thrown) {
      error = messageOf(thrown)
      runs.delete(runId)
    }
    clearTimeout(timer)
    feed({ type: 'toolChecked', runId, error, needsApproval })
  }

  /** Returns null if the run was aborted, because its effect may have happened. */
  async function answerOf(
    tool: AnyVoiceTool,
    args: unknown,
    signal: AbortSignal,
  ): Promise<ToolAnswer | null> {
    const context: ToolContext = {
      // The cast is needed because only the app knows the type of its store.
      dispatch: store.dispatch as ToolContext['dispatch'],
      getState: <State>() => store.getState() as State,
      signal,
    }
    try {
      return { result: asJson(await tool.run(args as never, context)) }
    } catch (thrown) {
      const isAbort = thrown === signal.reason || (thrown instanceof Error && thrown.name === 'AbortError')
      return signal.aborted && isAbort ? null : { error: messageOf(thrown) }
    }
  }

  async function run({ runId, name }: CommandNamed<'runTool'>): Promise<void> {
    const started = runs.get(runId)
    const tool = tools[name]
    if (!started || !tool) return
    started.isRunning = true
    const limitMs = limitOf(tool)
    const timer = startTimer(() => feed({ type: 'toolOverdue', runId, limitMs }), limitMs)
    const answer = await answerOf(tool, started.args, started.abort.signal)
    clearTimeout(timer)
    runs.delete(runId)
    feed({ type: 'toolSettled', runId, answer })
  }

  return {
    runners: {
      checkTool: (command) => void check(command),
      recordTool: ({ runId }) => void record().then(() => feed({ type: 'toolRecorded', runId })),
      runTool: (command) => void run(command),
      abortTool({ runId }) {
        const started = runs.get(runId)
        started?.abort.abort()
        // A run that has not started never will.
        if (!started?.isRunning) runs.delete(runId)
      },
    },
    dispose() {
      for (const { abort } of runs.values()) abort.abort()
    },
  }
}
