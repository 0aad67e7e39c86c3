/**
 * Settings for Redux DevTools.
 *
 * @packageDocumentation
 */

import { type Action, type DevToolsEnhancerOptions, isPlainObject } from '@reduxjs/toolkit'

/**
 * Keeps the DevTools log readable by hiding frequent actions: streamed text, interim transcripts, draft changes, network samples and saves.
 * Their effect shows with the next action, and an exported log contains them all. If your app has its own `predicate`, call this
 * one in it. Tokens and keys need no sanitizer, because they are never in the store.
 *
 * @example configureStore({ reducer, middleware, devTools: { ...devToolsOptions, name: 'My shop' } })
 */
export const devToolsOptions = {
  actionsDenylist: ['/(snapshotSaved|networkSampled|assistantTextAppended|draftChanged|requestSettled)$'],
  // The type alone doesn't distinguish interim transcripts from final ones.
  predicate: (_state: unknown, action: Action) =>
    !(action.type.endsWith('/userTranscriptReceived') && 'payload' in action && isInterim(action.payload)),
  maxAge: 500,
  // DevTools keeps ten stack frames by default, but Redux and its middleware take nine of them.
  traceLimit: 25,
} satisfies DevToolsEnhancerOptions

const isInterim = (transcript: unknown) =>
  isPlainObject(transcript) && 'final' in transcript && !transcript.final

/**
 * Hides the words of the conversation, for a screen that others can see. Only their length is shown, even in the app's own actions
 * and slices. A file exported by the DevTools extension still contains the words, because sanitizers only affect its view.
 */
export const devToolsOptionsWithoutText = {
  ...devToolsOptions,
  actionSanitizer: withoutText,
  stateSanitizer: withoutText,
} satisfies DevToolsEnhancerOptions

/** Keys of values that contain words of the conversation: texts, the draft, and tool arguments and results. */
const SPOKEN_KEY = /^(text|draft|delta|arguments|result)$/

const describeSpoken = (value: unknown) =>
  typeof value === 'string' ? `(${value.length} characters)` : '(left out)'

function withoutText<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutText) as T
  // Only plain objects, because a copied Date or Map would be empty.
  return isPlainObject(value) ? (describe(value) as T) : value
}

const describe = (value: object) =>
  Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      const isSpoken =
        SPOKEN_KEY.test(key) ||
        // The package's errors are objects without such words, but a tool's error may be any text.
        (key === 'error' && typeof entry === 'string') ||
        // Data that the app and the agent's server exchange outside the conversation.
        (key === 'data' && 'name' in value)
      return [key, isSpoken ? describeSpoken(entry) : withoutText(entry)]
    }),
  )
