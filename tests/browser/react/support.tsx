import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import type { VoiceAgentOptions } from 'redux-voice-agent'
import { type ScriptedTransport, scriptedTransport } from 'redux-voice-agent/testing'
import { onTestFinished, vi } from 'vitest'

/** Options of an agent without a network, a microphone or a disk. */
export function scriptedOptions(): Omit<VoiceAgentOptions, 'reducerPath'> & { transport: ScriptedTransport } {
  return {
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: async () => ({
      token: 'token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: 'agent-session',
    }),
    persistence: false,
  }
}

/** Renders into a page of its own for the test. */
export function render(node: ReactNode) {
  const container = document.createElement('div')
  document.body.append(container)
  const root = createRoot(container)
  root.render(node)
  onTestFinished(() => {
    root.unmount()
    container.remove()
  })
  return { container, render: (next: ReactNode) => root.render(next), unmount: () => root.unmount() }
}

/** The element that matches, as soon as there is one. */
export function find<E extends HTMLElement>(container: HTMLElement, selector: string): Promise<E> {
  return vi.waitFor(() => {
    const found = container.querySelector<E>(selector)
    if (!found) throw new Error(`There is no ${selector}.`)
    return found
  })
}

export const button = (container: HTMLElement, part: string) =>
  find<HTMLButtonElement>(container, `[data-rva-part=${part}]`)

/** What the console is told in vain, from now until the test ends. */
export function recordConsole(): unknown[][] {
  const told: unknown[][] = []
  for (const level of ['warn', 'error'] as const) {
    const spy = vi.spyOn(console, level).mockImplementation((...args) => void told.push(args))
    onTestFinished(() => spy.mockRestore())
  }
  return told
}
