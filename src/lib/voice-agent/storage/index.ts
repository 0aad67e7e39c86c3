export {
  createEncryptedStorage,
  type EncryptedStorage,
  type EncryptedStorageOptions,
} from './encrypted-storage.js'
export type { KeyProvider } from './key-vault.js'
export { memoryStorage } from './memory.js'
export { createStorage, type StorageOptions, type VoiceStorage } from './storage.js'
