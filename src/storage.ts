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
  type Flushable,
  type KdfParameters,
  type KeyProvider,
  type PassphraseDerivation,
  type PassphraseKeyOptions,
  type PassphraseVerdict,
  type RewrapOptions,
  type RewrapReport,
  rewrapKeys,
  type VerifyPassphraseOptions,
  verifyPassphrase,
} from './lib/voice-agent/storage/index.js'
