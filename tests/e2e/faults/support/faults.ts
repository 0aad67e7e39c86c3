import { appendFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { test as base, isPipecat } from '../../fixtures.js'

declare global {
  interface Window {
    /** Connection statuses, in order. */
    statesUnderTest: string[]
    channelsUnderTest: RTCDataChannel[]
  }
}

/** One row of the fault table. */
export interface FaultRow {
  fault: string
  states: string
  /** Milliseconds from the end of the fault until sound flows again. */
  recoveryMs: number
  /** Action required from the user. */
  by: string
}

interface Faults {
  /** Clears the recorded states. */
  mark(): Promise<void>
  record(fault: string, recoveryMs: number, by?: string): Promise<void>
}

/** Shortens repeated states. */
function shorten(states: readonly string[]): string {
  const [first, second, third, ...rest] = states
  const isAgain =
    rest.length > 0 &&
    first === third &&
    rest.every((state, index) => state === (index % 2 === 0 ? second : third))
  return (isAgain ? [first, second, third, '…'] : states).join(' → ') || 'unchanged'
}

async function watch(page: Page): Promise<void> {
  await page.context().addInitScript(() => {
    window.statesUnderTest = []
    window.channelsUnderTest = []
    const look = () => {
      const state = document
        .querySelector('[role="status"][aria-label="Connection"]')
        ?.getAttribute('data-state')
      if (state && state !== window.statesUnderTest.at(-1)) window.statesUnderTest.push(state)
    }
    new MutationObserver(look).observe(document, {
      subtree: true,
      childList: true,
      attributeFilter: ['data-state'],
    })
    const create = RTCPeerConnection.prototype.createDataChannel
    RTCPeerConnection.prototype.createDataChannel = function (...args) {
      const channel = create.apply(this, args)
      window.channelsUnderTest.push(channel)
      return channel
    }
  })
}

/** A call in the example, with its real server process. Each row is printed, and added to `FAULTS_FILE`. */
export const test = base.extend<{ faults: Faults }>({
  // The browser logs requests that are meant to fail.
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the dependencies from the pattern; a list of its own would be read as a fixture and its options
  tolerated: async ({}, use) => use([/^error: Failed to load resource/]),

  // Set up before any other fixture opens the page.
  faults: [
    async ({ page }, use) => {
      await watch(page)
      await use({
        mark: () => page.evaluate(() => void window.statesUnderTest.splice(0, Number.POSITIVE_INFINITY)),
        async record(fault, recoveryMs, by = '') {
          const states = shorten(await page.evaluate(() => window.statesUnderTest))
          const row: FaultRow = { fault, states, recoveryMs: Math.round(recoveryMs), by }
          console.log(`${fault} | ${states} | ${row.recoveryMs} ms ${by}`)
          const { FAULTS_FILE } = process.env
          if (FAULTS_FILE) appendFileSync(FAULTS_FILE, `${JSON.stringify(row)}\n`)
        },
      })
    },
    { auto: true },
  ],
})

export { expect } from '@playwright/test'
export { isPipecat }
