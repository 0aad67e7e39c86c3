/** Milliseconds between two looks at the texts that the transport still holds. */
const checkInterval = 100

/** Texts that were passed to the transport of one connection, but have not left the page yet, for example in an outage. */
export interface HeldTexts {
  /** True if the transport still holds the text. Reports later when it has left the page. */
  holds(textId: string): boolean
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
  let timer: ReturnType<typeof setInterval> | undefined

  function check() {
    if (held.length === 0) return
    const stillHeld = undelivered()
    const left = held.filter((id) => !stillHeld.includes(id))
    held = held.filter((id) => stillHeld.includes(id))
    if (held.length === 0) clearInterval(timer)
    for (const id of left) onLeft(id)
  }

  return {
    holds(textId) {
      if (!undelivered().includes(textId)) return false
      if (held.length === 0) timer = setInterval(check, checkInterval)
      held.push(textId)
      return true
    },
    check,
    stop() {
      check()
      clearInterval(timer)
    },
  }
}
