import type { Truth } from '../truth.js'

const name = 'soak:truth'
const nameOf = (sessionId: string) => `${name}:${sessionId}`

/**
 * Written synchronously with every word: in sessionStorage, which no browser loses on a reload, and in localStorage,
 * which a new tab can read.
 */
export function keepTruth(truth: Truth): void {
  const text = JSON.stringify(truth)
  sessionStorage.setItem(name, text)
  sessionStorage.removeItem(between)
  localStorage.setItem(nameOf(truth.sessionId), text)
}

const between = 'soak:between'

/** The tab is about to end its session itself: a page that goes before the next one is there has nothing to come back to. */
export function forgetOwnTruth(): void {
  sessionStorage.removeItem(name)
  sessionStorage.setItem(between, 'yes')
}

/** True if the page before this one left between two sessions. */
export const wentBetweenSessions = (): boolean => sessionStorage.getItem(between) !== null

export const ownTruth = (): Truth | null => parse(sessionStorage.getItem(name))

export const truthOfSession = (sessionId: string): Truth | null =>
  parse(localStorage.getItem(nameOf(sessionId)))

const parse = (text: string | null): Truth | null => (text === null ? null : JSON.parse(text))
