/**
 * The encrypted storage on its own, for any reducer saved by redux-persist; keys; and the interfaces of your own store or storage.
 *
 * @packageDocumentation
 */

export type {
  CallIntent,
  MessageRange,
  SessionChannel,
  SessionRecords,
  StoragePlace,
  StorageTools,
  StoredSession,
  TabIdentity,
  VoiceStorage,
} from '../middleware/drivers/storage/ports.js'
export type { StoredToken, TokenVault } from '../middleware/drivers/token/ports.js'
export type { MessageList, SessionHead, SessionSnapshot } from '../store/index.js'

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
