import { VoiceAgentError } from '../store/index.js'

/**
 * Loads code at its first use. What failed is asked for again the next time.
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
