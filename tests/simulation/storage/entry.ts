/** What a simulated page loads: the storage as the agent gets it. */
export { createStorage } from '../../../src/lib/voice-agent/storage/storage.js'
