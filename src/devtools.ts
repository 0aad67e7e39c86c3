/**
 * Settings for Redux DevTools.
 *
 * @packageDocumentation
 */

import type { Action, DevToolsEnhancerOptions } from '@reduxjs/toolkit'

/**
 * Keeps DevTools' log readable: what comes many times a second is left out of it, and is seen with the action that follows. That is the
 * answer as it streams in, the connection's samples and the saves; an exported log holds them all. Tokens and keys need no sanitizer,
 * because they are never in the store.
 *
 * @example configureStore({ reducer, middleware, devTools: { ...devToolsOptions, name: 'My shop' } })
 */
export const devToolsOptions = {
  actionsDenylist: ['/snapshotSaved$', '/networkSampled$', '/assistantTextAppended$'],
  maxAge: 500,
} satisfies DevToolsEnhancerOptions

/**
 * The same, and what was said is shown as its length only, in the app's own actions and slices as well: for a screen that others look at.
 * A file that DevTools' extension exports holds the actions as they were: its sanitizers are for its view alone.
 */
export const devToolsOptionsWithoutText = {
  ...devToolsOptions,
  actionSanitizer: withoutSpoken,
  stateSanitizer: withoutText,
} satisfies DevToolsEnhancerOptions

/** Where words of the conversation stand: as text, or as what a tool was called with and gave back. */
const spokenKeys = new Set(['text', 'delta', 'arguments', 'result'])

/** Of parts of the state: most of them are the same after the next action. */
const known = new WeakMap<object, unknown>()

function describeSpoken(value: unknown): unknown {
  if (typeof value === 'string') return `(${value.length} characters)`
  return value === undefined || value === null ? value : '(left out)'
}

function describe(value: object): unknown {
  if (Array.isArray(value)) return value.map(withoutText)
  const prototype = Object.getPrototypeOf(value)
  // A Date or a Map of the app's would be empty afterwards.
  if (prototype !== Object.prototype && prototype !== null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      // An error of ours is an object without such words; a tool's is a text of anybody's.
      const isSpoken = spokenKeys.has(key) || (key === 'error' && typeof entry === 'string')
      return [key, isSpoken ? describeSpoken(entry) : withoutText(entry)]
    }),
  )
}

function withoutText<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (!known.has(value)) known.set(value, describe(value))
  return known.get(value) as T
}

/** What an app tells the agent is called `data`, as much else is. */
function withoutSpoken<A extends Action>(action: A): A {
  const shown = withoutText(action) as A & { payload?: object }
  if (!action.type.endsWith('/clientMessageRequested')) return shown
  return { ...shown, payload: { ...shown.payload, data: '(left out)' } }
}
