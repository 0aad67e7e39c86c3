export type { DatabaseOptions } from './database.js'
export {
  createEncryptedStorage,
  type EncryptedStorage,
  type EncryptedStorageOptions,
} from './encrypted-storage.js'
export type { KeyProvider } from './key-vault.js'
export { memoryStorage } from './memory.js'
export { createPassphraseKeyProvider, type PassphraseKeyOptions } from './passphrase-key.js'
export { rewrapKeys } from './rewrap-keys.js'
export { createStorage, type StorageOptions } from './storage.js'
export type { VoiceStorage } from './voice-storage.js'
