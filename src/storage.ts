export {
  createEncryptedStorage,
  createPassphraseKeyProvider,
  type EncryptedStorage,
  type EncryptedStorageOptions,
  type KeyProvider,
  type PassphraseKeyOptions,
  rewrapKeys,
} from './lib/voice-agent/storage/index.js'
