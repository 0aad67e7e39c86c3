import type { PersistMigrate } from 'redux-persist'
import type { BuildContext } from '../../../../middleware/drivers/call/build-context.js'
import type { VoiceTransportFactory } from '../../../../middleware/drivers/call/ports.js'
import type {
  ReconnectPolicy,
  ReconnectPolicyOptions,
} from '../../../../middleware/drivers/call/reconnect-policy.js'
import type { RestoreDepth, VoiceStorage } from '../../../../middleware/drivers/storage/ports.js'
import type { TokenRefreshCallback } from '../../../../middleware/drivers/token/ports.js'
import type { VoiceTools } from '../../../../middleware/drivers/tools/ports.js'
import type { ConnectionStatus, ConversationStatus, Message, TalkMode } from '../../../../store/index.js'
import type { OpenMicrophone } from '../audio/microphone.js'
import type { MirrorPort } from '../mirror/port.js'
import type { OnQuotaExceeded } from '../storage/sessions/make-room.js'
import type { OpenByteStore } from '../storage/stores/byte-store.js'

/** Settings of the storage. Specification, "Message Persistence" and "Performance". */
export interface PersistenceOptions {
  /** Milliseconds between the last change and the save; restarted by every change. @default 2000 */
  debounceMs?: number
  /** Milliseconds that a stream of changes can postpone a save at most. @default 5000 */
  maxWaitMs?: number
  /**
   * Milliseconds after its last update until a stored session counts as old. A page that loads at least a day after one that found it old
   * deletes it. @default 604800000 (7 days)
   */
  retentionMs?: number
  /**
   * Chooses the conversations to delete when the disk is full. Called with conversations that no tab has open, if deleting them can
   * make enough room. It has 10 seconds; none are deleted if it throws, or if its choice is not enough.
   *
   * @default deletes expired and undecryptable ones only; else the call continues unsaved, and `storageDegraded` says so
   * @example
   * onQuotaExceeded: ({ candidates }) => (confirm('Delete old conversations?') ? candidates.map(({ id }) => id) : [])
   */
  onQuotaExceeded?: OnQuotaExceeded
  /**
   * Share of the browser's quota, from 0 to 1, at which the event `storageAlmostFull` is emitted. 2 emits none.
   *
   * @default 0.9
   */
  warnAtUsage?: number
  /** @default 'redux-voice-agent', followed by the reducer path unless that is the default one */
  databaseName?: string
  /**
   * Names of localforage drivers. Without them, the package's own driver is used; if it can't run, memory, and never silently another.
   */
  driver?: string | string[]
  /**
   * Opens a store of your own, below the encryption, in the place of IndexedDB: it gets encrypted records only. Needs a `keyProvider`, such as
   * `createDeviceKeyProvider()` from `redux-voice-agent/storage`.
   *
   * @default IndexedDB
   * @example
   * store: workerStore(() => new Worker(new URL('./store.worker.ts', import.meta.url), { type: 'module' })),
   */
  store?: OpenByteStore
  /**
   * Replaces the browser's storage: `memoryStorage()` from `redux-voice-agent/testing`, or an app's own. It has to encrypt its data
   * alone: `databaseName`, `driver`, `store`, `keyProvider` and `restore` have no effect on it.
   */
  storage?: VoiceStorage
  /**
   * User of your app whose conversations these are, as any text, such as a user id. Each scope has a database of its own, named after
   * a hash of it, so that a page of one user shows nothing of another. `agent.reset({ scope })` changes it.
   *
   * @default one database for all users of the profile
   */
  scope?: string
  /**
   * False or `'ask'` stores nothing until `agent.setConsent(true)`: everything stays in memory, and `session.error` is
   * `consent-missing`. The package does not remember the answer: pass it with each page load.
   *
   * @default true
   */
  consent?: boolean | 'ask'
  /**
   * Returns a key-encryption key that the server or the user holds. New session keys are stored only wrapped by it. A plain key from before
   * decrypts its session until that is opened, and is then replaced.
   */
  keyProvider?: () => Promise<CryptoKey>
  /** Version of the stored state, for `migrate`. @default 1 */
  version?: number
  /** A migration of redux-persist, for example from its `createMigrate`. */
  migrate?: PersistMigrate
  /** `newest`: the newest segment immediately, earlier ones on request. @default 'newest' */
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
  /** Base path of the app's server, for example '/api/voice-agent': it answers `…/token` and `…/offer`. */
  apiEndpoint: string
  /** @default smallWebRtcTransport() */
  transport?: VoiceTransportFactory
  /** @default a POST to `${apiEndpoint}/token`, which answers `{ token, expiresAt, session_id }` */
  refreshToken?: TokenRefreshCallback
  /** `false`: nothing is stored. @default {} */
  persistence?: false | PersistenceOptions
  /** @default exponential backoff with full jitter: 0.5 s to 5 s, 25 attempts */
  reconnect?: ReconnectPolicy | ReconnectPolicyOptions
  /** Makes a restored session call again. `if-permitted`: only if that shows no prompt for the microphone. @default 'if-permitted' */
  autoReconnect?: 'if-permitted' | 'always' | 'never'
  /** Number of last messages that an agent without memory receives. @default 10 */
  contextMessages?: number
  /** Replaces those messages, for example by a summary of the earlier ones. @default the last `contextMessages` unchanged */
  buildContext?: BuildContext
  /** Path of the reducer in the store. @default 'voiceAgent' */
  reducerPath?: Path
  /**
   * How the user talks at first: `text` requests no microphone until the user, or your app, adds the voice (`agent.setTalkMode`). The choice
   * is restored with the session of the tab.
   *
   * @default 'hands-free'
   */
  talk?: TalkMode
  /** Constraints of the microphone. @default { echoCancellation: true, noiseSuppression: true, autoGainControl: true } */
  audio?: MediaTrackConstraints
  /**
   * Replaces `getUserMedia` as the source of the user's voice, for example by a stream from Web Audio.
   * Called when a call begins and when a microphone is chosen, with the constraints, which include `deviceId`. It rejects as
   * `getUserMedia` does. Its tracks belong to the app: muting disables them, and the end of a call leaves them running.
   */
  openMicrophone?: OpenMicrophone
  /**
   * STUN and TURN servers. A function is called for each connection and each ICE restart, for credentials that expire. The token endpoint
   * may answer with `iceServers`, too: both are used.
   */
  iceServers?: RTCIceServer[] | (() => RTCIceServer[] | Promise<RTCIceServer[]>)
  iceTransportPolicy?: RTCIceTransportPolicy
  /** Tools of the app that the agent can call, by name. @default {} */
  tools?: VoiceTools
  /**
   * Lets tabs share a conversation: one has it, and others show and steer it. `mirrorTabs()` from `redux-voice-agent/mirror`.
   *
   * @default none: a conversation is open in one tab
   */
  mirror?: MirrorPort
}

/** A session as the facades and events report it. */
export interface SessionData {
  sessionId: string
  /** Loaded messages. */
  messages: Message[]
  /** Number of messages in the whole conversation, loaded or not. */
  messageCount: number
  connectionState: ConnectionStatus
  conversationState: ConversationStatus
  /** Milliseconds since the epoch. */
  createdAt: number
  updatedAt: number
}

/** Separate results for the conversation and for the agent's memory of it. */
export interface RestoreOutcome {
  conversation: 'none' | 'restored' | 'failed'
  /** `none`: there was no call to reconnect, or the reconnect failed. `fresh`: the agent does not remember. */
  agent: 'none' | 'resumed' | 'reseeded' | 'fresh'
}
