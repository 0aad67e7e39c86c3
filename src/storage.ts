export {
  createEncryptedStorage,
  type EncryptedStorage,
  type EncryptedStorageOptions,
  type KeyProvider,
} from './lib/voice-agent/storage/index.js'
