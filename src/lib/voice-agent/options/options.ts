import type { PersistMigrate } from 'redux-persist'
import type { BuildContext } from '../../../../middleware/drivers/call/context.js'
import type { VoiceTransportFactory } from '../../../../middleware/drivers/call/ports.js'
import type {
  ReconnectPolicy,
  ReconnectPolicyOptions,
} from '../../../../middleware/drivers/call/reconnect-policy.js'
import type { RestoreDepth, VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'
import type { TokenRefreshCallback } from '../../../../middleware/drivers/token/ports.js'
import type { VoiceTools } from '../../../../middleware/drivers/tools/ports.js'
import type { TalkMode } from '../../../../store/index.js'
import type { AnalyticsPort } from '../analytics/port.js'
import type { OpenMicrophone } from '../audio/microphone.js'
import type { MirrorPort } from '../mirror/port.js'
import type { OnQuotaExceeded } from '../storage/sessions/make-room.js'
import type { OpenByteStore } from '../storage/stores/byte-store.js'

/** Storage settings. */
export interface PersistenceOptions {
  /** Milliseconds between the last change and the save. Every change restarts it. @default 2000 */
  debounceMs?: number
  /** Maximum delay of a save in milliseconds, while changes keep coming. @default 5000 */
  maxWaitMs?: number
  /**
   * Milliseconds after its last update at which a stored session counts as old. One visit records this, and another visit, at least a day
   * later, deletes the session. @default 604800000 (7 days)
   */
  retentionMs?: number
  /**
   * Chooses conversations to delete when the disk is full. Called with conversations that no tab has open, if deleting them can
   * free enough space. It must return within 10 seconds. Nothing is deleted if it throws, or if its choice doesn't free enough space.
   *
   * @default deletes expired and undecryptable ones only; else the call continues unsaved, and `storageDegraded` says so
   * @example
   * onQuotaExceeded: ({ candidates }) => (confirm('Delete old conversations?') ? candidates.map(({ id }) => id) : [])
   */
  onQuotaExceeded?: OnQuotaExceeded
  /**
   * Share of the browser's quota, from 0 to 1, at which the event `storageAlmostFull` is emitted. `false` turns the event off.
   *
   * @default 0.9
   */
  warnAtUsage?: number | false
  /** Name of the IndexedDB database. @default 'redux-voice-agent', followed by the reducer path unless that is the default one */
  databaseName?: string
  /**
   * Names of localforage drivers. By default, the package's own driver is used. If the driver isn't supported, everything stays in memory;
   * there is no fallback to another driver.
   */
  driver?: string | string[]
  /**
   * Opens your own store instead of IndexedDB. It receives only encrypted records. Needs a `keyProvider`, such as
   * `createDeviceKeyProvider()` from `redux-voice-agent/storage`.
   *
   * @default IndexedDB
   * @example
   * store: workerStore(() => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })),
   */
  store?: OpenByteStore
  /**
   * Replaces the browser's storage with your own, or with `memoryStorage()` from `redux-voice-agent/testing`. It must encrypt its data
   * itself. `databaseName`, `driver`, `store`, `keyProvider` and `restore` have no effect on it.
   */
  storage?: VoiceStorage
  /**
   * Identifies the user who owns the conversations, for example by user id. Each scope has its own database, named after
   * a hash of the scope, so users don't see each other's conversations. `agent.reset({ scope })` changes it.
   *
   * @default one database for all users of the profile
   */
  scope?: string
  /**
   * With false or `'ask'`, nothing is stored until you call `agent.setConsent(true)`. Until then, everything stays in memory and
   * `session.error` is `consent-missing`. The package doesn't remember the answer, so pass it on each page load.
   *
   * @default true
   */
  consent?: boolean | 'ask'
  /**
   * Returns a key-encryption key held by your server or the user. New session keys are stored only in wrapped form. An existing plain key
   * is replaced when its session is opened.
   */
  keyProvider?: () => Promise<CryptoKey>
  /** Version of the stored state, for `migrate`. @default 1 */
  version?: number
  /** A redux-persist migration, for example from its `createMigrate`. */
  migrate?: PersistMigrate
  /** `newest`: loads the last 64 messages, and earlier ones on request. @default 'newest' */
  restore?: RestoreDepth
}

/**
 * Options of {@link createVoiceAgent}.
 *
 * @example
 * // A variable names its path in its type, so that the store's type has the agent under it.
 * const options: VoiceAgentOptions<'support'> = { apiEndpoint: '/api/voice-agent', reducerPath: 'support' }
 * export const voiceAgent = createVoiceAgent(options)
 */
export interface VoiceAgentOptions<Path extends string = string> {
  /** Base path of your server, for example '/api/voice-agent'. It answers `…/token` and `…/offer`. */
  apiEndpoint: string
  /** Connects to the provider. @default smallWebRtcTransport() */
  transport?: VoiceTransportFactory
  /** Gets a token. @default a POST to `${apiEndpoint}/token`, which answers `{ token, expiresAt, session_id }` */
  refreshToken?: TokenRefreshCallback
  /** Storage settings; `false` stores nothing. @default {} */
  persistence?: false | PersistenceOptions
  /** Delays and number of reconnect attempts. @default exponential backoff with full jitter: 0.5 s to 5 s, 25 attempts */
  reconnect?: ReconnectPolicy | ReconnectPolicyOptions
  /** Reconnects a call after a reload. `if-permitted`: only if there would be no microphone prompt. @default 'if-permitted' */
  autoReconnect?: 'if-permitted' | 'always' | 'never'
  /** Number of last messages that an agent without memory receives. @default 10 */
  contextMessages?: number
  /** Replaces these messages, for example with a summary. @default the last `contextMessages` unchanged */
  buildContext?: BuildContext
  /** Path of the reducer in the store. @default 'voiceAgent' */
  reducerPath?: Path
  /**
   * Initial talk mode. `text` requests no microphone until the user or your app changes the mode (`agent.setTalkMode`). The mode
   * is restored with the tab's session.
   *
   * @default 'hands-free'
   */
  talk?: TalkMode
  /** Microphone constraints. @default { echoCancellation: true, noiseSuppression: true, autoGainControl: true } */
  audio?: MediaTrackConstraints
  /**
   * Replaces `getUserMedia` as the source of the user's voice, for example with a stream from Web Audio.
   * Called with the constraints, including `deviceId`, when a call starts and when the user chooses a microphone. Reject with the same errors as
   * `getUserMedia`. Your app owns the tracks: muting disables them, and the end of a call leaves them running.
   */
  openMicrophone?: OpenMicrophone
  /**
   * STUN and TURN servers. For expiring credentials, pass a function, which is called for each connection and each ICE restart. If the token
   * endpoint also returns `iceServers`, both are used.
   */
  iceServers?: RTCIceServer[] | (() => RTCIceServer[] | Promise<RTCIceServer[]>)
  /** `relay` only uses TURN servers. @default the browser's: 'all' */
  iceTransportPolicy?: RTCIceTransportPolicy
  /** Tools that the agent can call, by name. @default {} */
  tools?: VoiceTools
  /**
   * Lets tabs share a conversation: one tab owns it, and others show and control it. Pass `mirrorTabs()` from `redux-voice-agent/mirror`.
   *
   * @default none: a conversation is open in one tab
   */
  mirror?: MirrorPort
  /**
   * Reports how calls went, without their content, once the user agrees. Pass `voiceAnalytics()` from `redux-voice-agent/analytics`.
   *
   * @default none: nothing is measured
   */
  analytics?: AnalyticsPort
}
