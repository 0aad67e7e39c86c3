import { VoiceAgentError } from '../store/index.js'

/**
 * Loads code at its first use. What failed is asked for again the next time; but Firefox before 155 remembers a failed `import()` until
 * the page is left, and answers without asking anybody (HTML Standard before whatwg/html#10327).
 *
 * @throws VoiceAgentError `chunk-load-failed`
 */
export async function loadChunk<Chunk>(load: () => Promise<Chunk>): Promise<Chunk> {
  try {
    return await load()
  } catch (cause) {
    throw new VoiceAgentError('chunk-load-failed', undefined, { cause })
  }
}
