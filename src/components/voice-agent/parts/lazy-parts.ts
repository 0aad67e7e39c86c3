import { useSyncExternalStore } from 'react'
import { loadChunk } from '../../../../middleware/load-chunk.js'

interface Loading<Parts> {
  /** Null until their code is there. */
  parts: Parts | null
  /** It could not be loaded, and is not being loaded again. */
  hasFailed: boolean
}

/** Parts whose code is loaded apart from that of what is seen at once. */
export interface LazyParts<Parts> {
  current: () => Loading<Parts>
  subscribe: (listener: () => void) => () => void
  /**
   * Loads them. What failed is asked for again the next time.
   *
   * @throws VoiceAgentError `chunk-load-failed`
   */
  load: () => Promise<void>
  /** Ahead of what needs them, which tells of a failure. */
  preload: () => void
}

const nothingYet: Loading<never> = { parts: null, hasFailed: false }

function lazyParts<Parts>(importParts: () => Promise<Parts>): LazyParts<Parts> {
  let current: Loading<Parts> = nothingYet
  let loading: Promise<void> | null = null
  const listeners = new Set<() => void>()
  const become = (next: Loading<Parts>) => {
    current = next
    for (const listener of listeners) listener()
  }
  async function begin() {
    if (current.hasFailed) become(nothingYet)
    try {
      become({ parts: await loadChunk(importParts), hasFailed: false })
    } catch (error) {
      loading = null
      become({ parts: null, hasFailed: true })
      throw error
    }
  }
  const load = () => {
    loading ??= begin()
    return loading
  }
  return {
    current: () => current,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    load,
    preload: () => void load().catch(() => undefined),
  }
}

/** None on a server, nor where a browser takes over what a server rendered. */
export function useLazyParts<Parts>({ subscribe, current }: LazyParts<Parts>): Loading<Parts> {
  return useSyncExternalStore(subscribe, current, () => nothingYet)
}

/** What is said and what comes up: needed as soon as the storage, which is loaded meanwhile, gives back a conversation. */
export const conversationParts = lazyParts(() => import('../conversation/index.js'))

/** What buttons open. */
export const panelParts = lazyParts(() => import('../panels/index.js'))

/**
 * Loads what an assistant shows later: the messages of a conversation, notices, and its panels. It does so by itself, the former when it mounts
 * and the latter when the browser is idle; whoever wants all of it there from the first render, as a test may, asks for it before.
 *
 * @throws VoiceAgentError `chunk-load-failed`
 * @example
 * await preloadVoiceAssistant()
 * createRoot(element).render(<App />)
 */
export async function preloadVoiceAssistant(): Promise<void> {
  await Promise.all([conversationParts.load(), panelParts.load()])
}
