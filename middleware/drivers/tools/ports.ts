import type { ThunkDispatch, UnknownAction } from '@reduxjs/toolkit'
import type { StandardSchema } from './standard-schema.js'

/** Second argument of a tool's `run`. */
export interface ToolContext {
  /** Dispatches actions and thunks to the app's store. */
  dispatch: ThunkDispatch<never, unknown, UnknownAction>
  /** Returns the app's state, for example `getState<RootState>()`. */
  getState<State>(): State
  /**
   * Aborts when the agent no longer waits for the result: the user interrupts, the agent cancels the call, or the conversation ends.
   * A lost connection doesn't abort it. If `run` throws because of the abort, the outcome is `unknown`, because aborting a request doesn't
   * undo its effect. Throw your own error to report that nothing has happened.
   */
  signal: AbortSignal
}

/** A function type with a method's bivariance, so that a record of any tools is accepted, as for `run`. */
type Decide<Arguments> = { decide(args: Arguments): boolean }['decide']

/**
 * A function of your app that the agent may call. Pass it to `createVoiceAgent` in `tools`, under its name.
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
  /** Validates the arguments: any Standard Schema, for example from Zod, Valibot or ArkType. The agent receives the validation errors. */
  parameters: StandardSchema<Arguments>
  /**
   * Runs the tool, and returns the answer for the agent: a JSON value, or nothing. The message of a thrown error is sent to the agent,
   * and nowhere else. Each of the agent's calls runs at most once, even across reloads, because it is saved before it runs.
   */
  // NoInfer, because the type of the arguments must be inferred from the schema, not from `run`.
  run(args: NoInfer<Arguments>, context: ToolContext): unknown
  /**
   * Lets the user approve or decline calls before they run: all calls, or those for which this returns true. There is no time limit
   * while the user decides. If it throws, the agent receives the error message, and the call doesn't run.
   *
   * @default false
   */
  needsApproval?: boolean | Decide<NoInfer<Arguments>>
  /**
   * Milliseconds that the agent waits for `run`. After that, the agent is told that the outcome is not known yet. `run` continues, and
   * its outcome is sent when it ends.
   *
   * @default 30_000
   */
  timeLimitMs?: number
}

/** A tool with any arguments, as defined by its `parameters`. */
export interface AnyVoiceTool extends Omit<VoiceTool<unknown>, 'run' | 'needsApproval'> {
  run(args: never, context: ToolContext): unknown
  needsApproval?: boolean | Decide<never>
}

/** Tools by name. */
export type VoiceTools = Readonly<Record<string, AnyVoiceTool>>

/** Description of a tool for the agent. */
export interface ToolDescription {
  name: string
  description: string
  /** JSON Schema of the arguments, if the schema library can generate it. */
  parameters?: unknown
}
