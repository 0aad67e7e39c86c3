/** Code of a simulated page: the storage as the agent gets it, and what its driver does on top in several steps. */
export { renameStored } from '../../../middleware/drivers/storage/stored-session.js'
export { createStorage } from '../../../src/lib/voice-agent/storage/storage.js'
