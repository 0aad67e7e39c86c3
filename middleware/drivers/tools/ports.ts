import type { ThunkDispatch, UnknownAction } from '@reduxjs/toolkit'
import type { StandardSchema } from './standard-schema.js'

/** Input of a tool besides its arguments. */
export interface ToolContext {
  /** Dispatches to the app's store: actions and thunks of the app's slices. */
  dispatch: ThunkDispatch<never, unknown, UnknownAction>
  /** Returns the app's state, for example `getState<RootState>()`. */
  getState<State>(): State
  /**
   * Aborts when the agent no longer waits for the result: the user interrupts, the agent takes the call back, or the conversation ends.
   * A lost connection aborts nothing. If `run` throws because of it, the outcome is `unknown`: aborting a request does not undo its
   * effect. Throw an error of your own to tell that nothing has happened.
   */
  signal: AbortSignal
}

/** A function, compared like a method: a table of any tools is accepted, as it is for `run`. */
type Decide<Arguments> = { decide(args: Arguments): boolean }['decide']

/**
 * An action of the app that the agent may call. Pass it as `tools` to `createVoiceAgent`, under its name.
 *
 * @example
 * const addToCart: VoiceTool<{ id: string; quantity: number }> = {
 *   description: 'Puts pieces of a product into the cart.',
 *   parameters: z.object({ id: z.string(), quantity: z.int().min(1).max(20) }),
 *   run({ id, quantity }, { dispatch }) {
 *     dispatch(productAdded({ id, quantity }))
 *     return { added: quantity }
 *   },
 * }
 */
export interface VoiceTool<Arguments> {
  /** Tells the agent's model what the tool does and when to use it. */
  description: string
  /** Validates the arguments: any Standard Schema, such as one of Zod, Valibot or ArkType. The agent receives the reason of a refusal. */
  parameters: StandardSchema<Arguments>
  /**
   * Runs the tool, and returns the agent's answer: a JSON value, or nothing. The message of an error it throws is sent to the agent,
   * and nowhere else. Each call of the agent is run at most once, also across reloads: it is saved before it runs.
   */
  // NoInfer, because the arguments' type must come from the schema and not from `run`.
  run(args: NoInfer<Arguments>, context: ToolContext): unknown
  /**
   * Lets the user approve or decline a call before it runs: each one, or those for which this returns true. There is no time limit
   * while the user decides. If it throws, the agent receives the error's message, and the call does not run.
   *
   * @default false
   */
  needsApproval?: boolean | Decide<NoInfer<Arguments>>
  /**
   * Milliseconds that the agent waits for `run`. After that, the agent is told that the outcome is not known yet. `run` continues, and
   * its outcome is told when it ends.
   *
   * @default 30_000
   */
  timeLimitMs?: number
}

/** A tool with any arguments. Its own `parameters` define them. */
export interface AnyVoiceTool extends Omit<VoiceTool<unknown>, 'run' | 'needsApproval'> {
  run(args: never, context: ToolContext): unknown
  needsApproval?: boolean | Decide<never>
}

/** Tools by name. */
export type VoiceTools = Readonly<Record<string, AnyVoiceTool>>

/** Description of a tool for an agent. */
export interface ToolDescription {
  name: string
  description: string
  /** JSON Schema of the arguments, if the schema's library can create it. */
  parameters?: unknown
}
