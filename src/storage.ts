/**
 * The encrypted storage alone, for any reducer that redux-persist saves.
 *
 * @packageDocumentation
 */

export {
  createEncryptedStorage,
  createPassphraseKeyProvider,
  type DatabaseOptions,
  type EncryptedStorage,
  type EncryptedStorageOptions,
  type KeyProvider,
  type PassphraseKeyOptions,
  rewrapKeys,
} from './lib/voice-agent/storage/index.js'
