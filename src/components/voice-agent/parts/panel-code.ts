import { useSyncExternalStore } from 'react'
import { loadChunk } from '../../../lib/voice-agent/page/page-exit.js'

type PanelComponents = typeof import('../panels/index.js')

let components: PanelComponents | null = null
let loading: Promise<void> | null = null
/** Called once the code is loaded. */
const listeners = new Set<() => void>()

async function importPanels(): Promise<void> {
  try {
    components = await loadChunk(() => import('../panels/index.js'))
  } catch (error) {
    // The next `load()` tries again.
    loading = null
    throw error
  }
  for (const listener of [...listeners]) listener()
}

function load(): Promise<void> {
  loading ??= importPanels()
  return loading
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const preload = () => void load().catch(() => undefined)

/** The code of the panels that buttons open. Loaded separately from the rest of the component. */
export const panelCode = {
  /** Null until the code is loaded. */
  current: () => components,
  /** @throws VoiceAgentError `chunk-load-failed` */
  load,
  /** Loads ahead of use and ignores a failure, which `load()` reports. */
  preload,
  /**
   * Runs `start` once the code is loaded, even if only a later attempt succeeds. Returns a function that cancels, or that calls the function
   * that `start` returned.
   */
  whenLoaded(start: (panels: PanelComponents) => () => void): () => void {
    let stop = () => {}
    const unsubscribe = subscribe(run)
    function run() {
      unsubscribe()
      if (components) stop = start(components)
    }
    if (components) run()
    else preload()
    return () => {
      unsubscribe()
      stop()
    }
  },
}

/** Returns the code of the panels; null until it is loaded. */
export const usePanelCode = (): PanelComponents | null =>
  useSyncExternalStore(subscribe, panelCode.current, () => null)

/**
 * Loads the code of the assistant's panels (statistics, devices, conversations). The component loads it when the browser is idle.
 * Call this if everything must be available from the first render, for example in a test.
 *
 * @throws VoiceAgentError `chunk-load-failed`
 * @example
 * await preloadVoiceAssistant()
 * createRoot(element).render(<App />)
 */
export const preloadVoiceAssistant = (): Promise<void> => panelCode.load()
