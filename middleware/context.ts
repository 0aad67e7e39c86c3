import type { ThunkDispatch, TypedStartListening, UnknownAction } from '@reduxjs/toolkit'
import type { VoiceAgentActions, VoiceAgentSelectors } from '../store/index.js'

export type VoiceAgentDispatch = ThunkDispatch<unknown, unknown, UnknownAction>

/** What every handler builder is given besides the ports of its own folder. */
export interface HandlerContext {
  actions: VoiceAgentActions
  selectors: VoiceAgentSelectors
  startListening: TypedStartListening<unknown, VoiceAgentDispatch>
  /** The store's own, for what timers and the browser report outside any action. */
  dispatch: VoiceAgentDispatch
  getState: () => unknown
  clock: Clock
  /** Aborts when the agent is disposed of. */
  disposed: AbortSignal
}

/** The time and what depends on it, so that a test can hold it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  setTimeout(run: () => void, ms: number): ReturnType<typeof setTimeout>
  clearTimeout(timer: ReturnType<typeof setTimeout> | undefined): void
}

/** The machine's own clock. Looked up at each call, so that fake timers installed later are seen. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // Longer than 2^31 ms and a browser fires at once.
  setTimeout: (run, ms) => setTimeout(run, Math.min(ms, 2 ** 31 - 1)),
  clearTimeout: (timer) => clearTimeout(timer),
}

/** Resolves after `ms`, or at once when aborted: the caller asks the signal which it was. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const timer = clock.setTimeout(done, ms)
    function done() {
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}

/** `work`, or a rejection as soon as the signal aborts: for promises that do not know the signal. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort)
    // Listened to all the same: nobody else may be there to hear that it failed.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
