import type { BrowserContext } from '@playwright/test'

export interface Given {
  token: string
  session_id: string
}

/** Calls back with each response of the token endpoint. */
export function onToken(context: BrowserContext, listener: (given: Given) => void): void {
  context.on('response', async (response) => {
    if (!response.url().endsWith('/api/voice-agent/token') || !response.ok()) return
    listener((await response.json()) as Given)
  })
}

/** Session ids issued to the context's pages. The array grows as they arrive. */
export function sessionsGiven(context: BrowserContext): string[] {
  const ids: string[] = []
  onToken(context, ({ session_id }) => ids.push(session_id))
  return ids
}
