/** Code of a simulated page: the storage as the agent gets it. */
export { createStorage } from '../../../src/lib/voice-agent/storage/storage.js'
