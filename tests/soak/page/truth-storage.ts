import type { Truth } from '../truth.js'

const name = 'soak:truth'
const nameOf = (sessionId: string) => `${name}:${sessionId}`

/**
 * Written synchronously with every word, to sessionStorage, which no browser loses on a reload, and to localStorage, which a new tab can
 * read.
 */
export function keepTruth(truth: Truth): void {
  const text = JSON.stringify(truth)
  sessionStorage.setItem(name, text)
  sessionStorage.removeItem(between)
  localStorage.setItem(nameOf(truth.sessionId), text)
}

const between = 'soak:between'

/** Called before the tab ends its session: if the page closes before the next one exists, there is nothing to restore. */
export function forgetOwnTruth(): void {
  sessionStorage.removeItem(name)
  sessionStorage.setItem(between, 'yes')
}

/** True if the previous page closed between two sessions. */
export const wentBetweenSessions = (): boolean => sessionStorage.getItem(between) !== null

export const ownTruth = (): Truth | null => parse(sessionStorage.getItem(name))

export const truthOfSession = (sessionId: string): Truth | null =>
  parse(localStorage.getItem(nameOf(sessionId)))

const parse = (text: string | null): Truth | null => (text === null ? null : JSON.parse(text))
