/**
 * Settings for Redux DevTools.
 *
 * @packageDocumentation
 */

import type { DevToolsEnhancerOptions } from '@reduxjs/toolkit'

/**
 * Keeps DevTools' log readable: leaves out what comes many times a second and changes nothing a person looks for. Tokens and keys
 * need no sanitizer, because they are never in the store.
 *
 * @example configureStore({ reducer, middleware, devTools: { ...devToolsOptions, name: 'My shop' } })
 */
export const devToolsOptions = {
  actionsDenylist: ['/snapshotSaved$', '/networkSampled$'],
  maxAge: 500,
} satisfies DevToolsEnhancerOptions

/**
 * The same, and what was said is shown as its length only: for a screen that others look at. A file that DevTools' extension exports holds
 * the actions as they were: its sanitizers are for its view alone.
 */
export const devToolsOptionsWithoutText = {
  ...devToolsOptions,
  actionSanitizer: withoutText,
  stateSanitizer: withoutText,
} satisfies DevToolsEnhancerOptions

/** Where words of the conversation stand: as text, or as what a tool was called with and gave back. */
const spokenKeys = new Set(['text', 'delta', 'arguments', 'result'])

function describeSpoken(value: unknown): unknown {
  if (typeof value === 'string') return `(${value.length} characters)`
  return value === undefined || value === null ? value : '(left out)'
}

function withoutText<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutText) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => {
      // An error of ours is an object without such words; a tool's is a text of anybody's.
      const isSpoken = spokenKeys.has(key) || (key === 'error' && typeof entry === 'string')
      return [key, isSpoken ? describeSpoken(entry) : withoutText(entry)]
    }),
  ) as T
}
