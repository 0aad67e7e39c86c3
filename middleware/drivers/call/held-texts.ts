/**
 * Milliseconds until the first check for texts that the transport still holds. Doubled for each further check. Short, because most texts leave
 * immediately, and a page that closes before the check stores the text as not sent.
 */
const FIRST_CHECK_MS = 5
const MAX_INTERVAL_MS = 100

/** Texts that were passed to the transport of one connection, but have not left the page yet, for example in an outage. */
export interface HeldTexts {
  /** Watches a text until it has left the page, and reports that. Returns false if it has already left. */
  watch(textId: string): boolean
  /** Reports the texts that have left since the last check. */
  check(): void
  /** Checks for the last time. */
  stop(): void
}

/**
 * @param undelivered Returns the ids of all texts that have not left the page.
 * @param onLeft Called with each text that was held and has left the page.
 */
export function createHeldTexts(undelivered: () => string[], onLeft: (textId: string) => void): HeldTexts {
  let held: string[] = []
  let timer: ReturnType<typeof setTimeout> | undefined

  function check() {
    if (held.length === 0) return
    const stillHeld = undelivered()
    const left = held.filter((id) => !stillHeld.includes(id))
    held = held.filter((id) => stillHeld.includes(id))
    for (const id of left) onLeft(id)
  }

  function checkAfter(delay: number) {
    clearTimeout(timer)
    timer = setTimeout(() => {
      check()
      if (held.length > 0) checkAfter(Math.min(2 * delay, MAX_INTERVAL_MS))
    }, delay)
  }

  return {
    watch(textId) {
      if (!undelivered().includes(textId)) return false
      held.push(textId)
      checkAfter(FIRST_CHECK_MS)
      return true
    },
    check,
    stop() {
      check()
      clearTimeout(timer)
    },
  }
}
