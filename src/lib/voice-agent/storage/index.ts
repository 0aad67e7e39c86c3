export type { DatabaseOptions } from './database/open-database.js'
export type { Flushable } from './encrypted-storage.js'
export {
  createEncryptedStorage,
  type EncryptedStorage,
  type EncryptedStorageOptions,
} from './encrypted-storage.js'
export type { StorageOptions } from './engine.js'
export { createDeviceKeyProvider, type DeviceKeyOptions } from './keys/device-key.js'
export type { KeyProvider, PassphraseDerivation } from './keys/key-provider.js'
export { createPassphraseKeyProvider, type PassphraseKeyOptions } from './keys/passphrase-key.js'
export { type RewrapOptions, type RewrapReport, rewrapKeys } from './keys/rewrap-keys.js'
export {
  type PassphraseVerdict,
  type VerifyPassphraseOptions,
  verifyPassphrase,
} from './keys/verify-passphrase.js'
export { memoryStorage } from './memory-storage.js'
export type { KdfParameters } from './records/record.js'
export { createStorage } from './storage.js'
export type {
  ByteBatch,
  ByteEntry,
  BytePut,
  ByteResult,
  ByteStore,
  IndexEntry,
  IndexQuery,
  KeyRange,
  OpenByteStore,
  RangeQuery,
} from './stores/byte-store.js'
export {
  type StoreConformanceCase,
  type StoreConformanceKind,
  storeConformance,
} from './stores/conformance/index.js'
