import { loadChunk } from '../../../../middleware/load-chunk.js'

const importPanels = () => import('./panels.js')
type Panels = Awaited<ReturnType<typeof importPanels>>

let loaded: Panels | null = null

/** The panels, once their code is there. */
export const loadedPanels = (): Panels | null => loaded

/**
 * Loads what buttons open. What failed is asked for again the next time.
 *
 * @throws VoiceAgentError `chunk-load-failed`
 */
export async function loadPanels(): Promise<void> {
  loaded ??= await loadChunk(importPanels)
}

/** Ahead of the press that needs it, which tells of a failure if there still is one then. */
export function preloadPanels(): void {
  loadPanels().catch(() => undefined)
}
