import type { ThunkDispatch, UnknownAction } from '@reduxjs/toolkit'
import type { StandardSchema } from './standard-schema.js'

/** Input of a tool besides its arguments. */
export interface ToolContext {
  /** Dispatches to the app's store: actions and thunks of the app's slices. */
  dispatch: ThunkDispatch<never, unknown, UnknownAction>
  /** Returns the app's state, for example `getState<RootState>()`. */
  getState<State>(): State
  /** Aborts when the agent is interrupted, cancels the call, or is gone: no answer is expected then. */
  signal: AbortSignal
}

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
   * and nowhere else.
   */
  // NoInfer, because the arguments' type must come from the schema and not from `run`.
  run(args: NoInfer<Arguments>, context: ToolContext): unknown
}

/** A tool with any arguments. Its own `parameters` define them. */
export interface AnyVoiceTool extends Omit<VoiceTool<unknown>, 'run'> {
  run(args: never, context: ToolContext): unknown
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
