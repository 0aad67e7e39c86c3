/** Milliseconds between questions for an owner. */
const QUESTION_INTERVAL_MS = 500
/** Milliseconds in which to keep asking. A tab that reloads is back by then. */
const SEARCH_LIMIT_MS = 6_000

/** A search for the tab that has a session. */
export interface OwnerSearch {
  /** Resolves to true once an owner is found, or to false if the search ends without one. */
  readonly found: Promise<boolean>
  /** Asks until an owner is found or time runs out. */
  start(): void
  /** Stops asking without an outcome. */
  pause(): void
  /** Makes `found` pending again, because the owner is gone. */
  renew(): void
  end(isFound: boolean): void
}

/** @param onNone Called when time has run out. */
export function createOwnerSearch(ask: () => void, onNone: () => void): OwnerSearch {
  let timer: ReturnType<typeof setTimeout> | undefined
  let askingUntil = 0
  /** Questions left, in case the clock is set back. */
  let questions = 0
  let found: Promise<boolean>
  let settle: (isFound: boolean) => void = () => {}

  function renew(): void {
    const settleEarlier = settle
    found = new Promise((resolve) => {
      // An earlier search ends with this one. Its commands are sent first.
      settle = (isFound) => {
        settleEarlier(isFound)
        resolve(isFound)
      }
    })
  }

  function end(isFound: boolean): void {
    clearTimeout(timer)
    settle(isFound)
  }

  function askOnce(): void {
    clearTimeout(timer)
    if (Date.now() >= askingUntil || questions-- === 0) {
      end(false)
      onNone()
      return
    }
    ask()
    timer = setTimeout(askOnce, QUESTION_INTERVAL_MS)
  }

  renew()
  return {
    get found() {
      return found
    },
    start() {
      renew()
      askingUntil = Date.now() + SEARCH_LIMIT_MS
      questions = SEARCH_LIMIT_MS / QUESTION_INTERVAL_MS
      askOnce()
    },
    pause: () => clearTimeout(timer),
    renew,
    end,
  }
}
