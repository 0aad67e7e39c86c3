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
  actionsDenylist: ['/snapshotSaved$'],
  maxAge: 500,
} satisfies DevToolsEnhancerOptions

/** The same, and what was said is shown as its length only: for recordings that leave the machine. */
export const devToolsOptionsWithoutText = {
  ...devToolsOptions,
  actionSanitizer: withoutText,
  stateSanitizer: withoutText,
} satisfies DevToolsEnhancerOptions

const textKeys = new Set(['text', 'delta', 'arguments', 'result'])

function withoutText<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutText) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      textKeys.has(key) && typeof entry === 'string' ? `(${entry.length} characters)` : withoutText(entry),
    ]),
  ) as T
}
