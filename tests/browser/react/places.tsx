import { vi } from 'vitest'

/** Presses a button until `check` passes: for half a second after its meaning changed, it ignores presses. */
export const pressAfterChange = (button: HTMLElement, check: () => void) =>
  vi.waitFor(
    () => {
      button.click()
      check()
    },
    { timeout: 5000, interval: 100 },
  )
