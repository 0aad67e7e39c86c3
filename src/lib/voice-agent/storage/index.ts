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
export { createStorage, type StorageOptions, type VoiceStorage } from './storage.js'
