/** Code of a simulated page: the agent's storage, and the multi-step operations of its driver. */
export { renameStored } from '../../../middleware/drivers/storage/stored-session.js'
export { createStorage } from '../../../src/lib/voice-agent/storage/storage.js'
export { VoiceAgentError } from '../../../store/index.js'
