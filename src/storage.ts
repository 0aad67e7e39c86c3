/**
 * The encrypted storage on its own, for any reducer saved by redux-persist.
 *
 * @packageDocumentation
 */

export {
  type ByteBatch,
  type ByteEntry,
  type BytePut,
  type ByteResult,
  type ByteStore,
  createDeviceKeyProvider,
  createEncryptedStorage,
  createPassphraseKeyProvider,
  type DatabaseOptions,
  type DeviceKeyOptions,
  type EncryptedStorage,
  type EncryptedStorageOptions,
  type Flushable,
  type IndexEntry,
  type IndexQuery,
  type KdfParameters,
  type KeyProvider,
  type KeyRange,
  type OpenByteStore,
  type PassphraseDerivation,
  type PassphraseKeyOptions,
  type PassphraseVerdict,
  type RangeQuery,
  type RewrapOptions,
  type RewrapReport,
  rewrapKeys,
  type StoreConformanceCase,
  type StoreConformanceKind,
  storeConformance,
  type VerifyPassphraseOptions,
  verifyPassphrase,
} from './lib/voice-agent/storage/index.js'
