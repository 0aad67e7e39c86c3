/**
 * Settings for Redux DevTools.
 *
 * @packageDocumentation
 */

import { type Action, type DevToolsEnhancerOptions, isPlainObject } from '@reduxjs/toolkit'

/**
 * Keeps DevTools' log readable: what comes many times a second is left out of it, and is seen with the action that follows. That is the
 * answer as it streams in, what the user is taken to say before the sentence has ended, the connection's samples and the saves; an exported
 * log holds them all. An app with a `predicate` of its own calls this one in it. Tokens and keys need no sanitizer,
 * because they are never in the store.
 *
 * @example configureStore({ reducer, middleware, devTools: { ...devToolsOptions, name: 'My shop' } })
 */
export const devToolsOptions = {
  actionsDenylist: ['/(snapshotSaved|networkSampled|assistantTextAppended)$'],
  // By its type an interim transcript can't be told from the final one.
  predicate: (_state: unknown, action: Action) =>
    !(action.type.endsWith('/userTranscriptReceived') && 'payload' in action && isInterim(action.payload)),
  maxAge: 500,
  // Redux and its middlewares take the first nine frames, and DevTools keep ten if nothing is said.
  traceLimit: 25,
} satisfies DevToolsEnhancerOptions

const isInterim = (transcript: unknown) =>
  isPlainObject(transcript) && 'final' in transcript && !transcript.final

/**
 * The same, and what was said is shown as its length only, in the app's own actions and slices as well: for a screen that others look at.
 * A file that DevTools' extension exports holds the actions as they were: its sanitizers are for its view alone.
 */
export const devToolsOptionsWithoutText = {
  ...devToolsOptions,
  actionSanitizer: withoutText,
  stateSanitizer: withoutText,
} satisfies DevToolsEnhancerOptions

/** Where words of the conversation stand: as text, or as what a tool was called with and gave back. */
const spokenKey = /^(text|delta|arguments|result)$/

const describeSpoken = (value: unknown) =>
  typeof value === 'string' ? `(${value.length} characters)` : '(left out)'

function withoutText<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutText) as T
  // A Date or a Map of the app's would be empty afterwards.
  return isPlainObject(value) ? (describe(value) as T) : value
}

const describe = (value: object) =>
  Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      const isSpoken =
        spokenKey.test(key) ||
        // An error of ours is an object without such words; a tool's is a text of anybody's.
        (key === 'error' && typeof entry === 'string') ||
        // What an app tells the agent beside the conversation.
        (key === 'data' && 'name' in value)
      return [key, isSpoken ? describeSpoken(entry) : withoutText(entry)]
    }),
  )
