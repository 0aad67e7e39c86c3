import type { ThunkDispatch, UnknownAction } from '@reduxjs/toolkit'
import type { StandardSchema } from './standard-schema.js'

/** What a tool is given besides its arguments. */
export interface ToolContext {
  /** The store's own: for actions and thunks of the app's slices. */
  dispatch: ThunkDispatch<never, unknown, UnknownAction>
  /** The app's state, for example `getState<RootState>()`. */
  getState<State>(): State
  /** Aborts when the agent is interrupted, takes the call back, or is gone: nobody waits for an answer any more. */
  signal: AbortSignal
}

/**
 * Something that the agent may do in the app. Give it as `tools` to `createVoiceAgent`, under the name that the agent calls it by.
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
  /** What it does and when to use it, for the agent's model to read. */
  description: string
  /** Checks what the agent sends: any Standard Schema, such as one of Zod, Valibot or ArkType. Refused arguments are answered with why. */
  parameters: StandardSchema<Arguments>
  /**
   * Does it, and gives the agent's answer: a JSON value, or nothing. What it throws goes back to the agent as an error, by its
   * message, and nowhere else.
   */
  // What `run` asks for says nothing of what the schema gives.
  run(args: NoInfer<Arguments>, context: ToolContext): unknown
}

/** A tool, whatever its arguments: they are what its own `parameters` gave. */
export interface AnyVoiceTool extends Omit<VoiceTool<unknown>, 'run'> {
  run(args: never, context: ToolContext): unknown
}

/** Tools by name. */
export type VoiceTools = Readonly<Record<string, AnyVoiceTool>>

/** A tool as an agent is told of it. */
export interface ToolDescription {
  name: string
  description: string
  /** JSON Schema of the arguments, where the schema's library can tell it. */
  parameters?: unknown
}
