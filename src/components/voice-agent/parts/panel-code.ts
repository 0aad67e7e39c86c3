import { loadChunk } from '../../../lib/voice-agent/page/page-exit.js'

type PanelComponents = typeof import('../panels/index.js')

let components: PanelComponents | null = null
let loading: Promise<void> | null = null

async function importPanels(): Promise<void> {
  try {
    components = await loadChunk(() => import('../panels/index.js'))
  } catch (error) {
    // The next `load()` tries again.
    loading = null
    throw error
  }
}

function load(): Promise<void> {
  loading ??= importPanels()
  return loading
}

/** The code of the panels that buttons open. It is loaded apart from the rest of the component. */
export const panelCode = {
  /** Null until the code is loaded. */
  current: () => components,
  /** @throws VoiceAgentError `chunk-load-failed` */
  load,
  /** Loads ahead of use and ignores a failure, which `load()` reports. */
  preload: () => void load().catch(() => undefined),
}

/**
 * Loads the code of the assistant's panels (statistics, devices, conversations). The component loads it when the browser is idle.
 * Call this if everything must be there from the first render on, for example in a test.
 *
 * @throws VoiceAgentError `chunk-load-failed`
 * @example
 * await preloadVoiceAssistant()
 * createRoot(element).render(<App />)
 */
export const preloadVoiceAssistant = (): Promise<void> => panelCode.load()
