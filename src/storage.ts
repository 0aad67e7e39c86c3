/**
 * The encrypted storage by itself, for any reducer that redux-persist keeps.
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
