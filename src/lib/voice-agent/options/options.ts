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
import type { ConnectionStatus, ConversationStatus, Message } from '../../../../store/index.js'
import type { OpenMicrophone } from '../audio/microphone.js'

/** How conversations are kept. Specification, "Message Persistence" and "Performance". */
export interface PersistenceOptions {
  /** Milliseconds between the last change and the write; restarted by every change. @default 2000 */
  debounceMs?: number
  /** Milliseconds that a stream of changes can postpone a write at most. @default 5000 */
  maxWaitMs?: number
  /** Milliseconds after its last update that a stored session is deleted. @default 604800000 (7 days) */
  retentionMs?: number
  /** @default 'redux-voice-agent', with the reducer path behind it where that is not the default one */
  databaseName?: string
  /** localforage driver name or names. Without one, our own indexed driver; where that can't run, memory: never silently another. */
  driver?: string | string[]
  /**
   * Keeps sessions elsewhere than in the browser: `memoryStorage()` of `redux-voice-agent/testing`, or an app's own. It is taken as it is:
   * whether and how it encrypts is its own matter, and `databaseName`, `driver`, `keyProvider` and `restore` say nothing to it.
   */
  storage?: VoiceStorage
  /** A key-encryption key that the server or the user holds. Session keys are then stored wrapped with it only. */
  keyProvider?: () => Promise<CryptoKey>
  /** Version of the stored state, for `migrate`. @default 1 */
  version?: number
  /** redux-persist's, for example from its `createMigrate`. */
  migrate?: PersistMigrate
  /** `newest`: the newest segment at once, earlier ones when asked for. @default 'newest' */
  restore?: RestoreDepth
}

/** Options of {@link createVoiceAgent}. */
export interface VoiceAgentOptions {
  /** Where the app's server answers, for example '/api/voice-agent': `…/token` and `…/offer`. */
  apiEndpoint: string
  /** @default smallWebRtcTransport() */
  transport?: VoiceTransportFactory
  /** @default a POST to `${apiEndpoint}/token`, which answers `{ token, expiresAt, session_id }` */
  refreshToken?: TokenRefreshCallback
  /** `false`: nothing is kept. @default {} */
  persistence?: false | PersistenceOptions
  /** @default exponential backoff with full jitter: 0.5 s to 5 s, 25 attempts */
  reconnect?: ReconnectPolicy | ReconnectPolicyOptions
  /** Whether a restored session calls again by itself. `if-permitted`: where that asks nobody for the microphone. @default 'if-permitted' */
  autoReconnect?: 'if-permitted' | 'always' | 'never'
  /** How many of the last messages a forgetful agent is told. @default 10 */
  contextMessages?: number
  /** Replaces those messages, for example by a summary of what is left out. @default the last `contextMessages` as they are */
  buildContext?: BuildContext
  /** Where the reducer is mounted. @default 'voiceAgent' */
  reducerPath?: string
  /** Constraints of the microphone. @default { echoCancellation: true, noiseSuppression: true, autoGainControl: true } */
  audio?: MediaTrackConstraints
  /**
   * The app's own source of the user's voice, instead of `getUserMedia`: a stream from Web Audio, for example. Called when a call begins
   * and when a microphone is chosen, with the constraints, `deviceId` among them. It rejects as `getUserMedia` does. Its tracks stay the
   * app's: muting disables them, and the end of a call leaves them running.
   */
  openMicrophone?: OpenMicrophone
  iceServers?: RTCIceServer[]
  iceTransportPolicy?: RTCIceTransportPolicy
  /** What the agent may do in the app, by name. @default {} */
  tools?: VoiceTools
}

/** A session as the facades and events give it. */
export interface SessionData {
  sessionId: string
  /** Those loaded. */
  messages: Message[]
  /** Of the whole conversation, loaded or not. */
  messageCount: number
  connectionState: ConnectionStatus
  conversationState: ConversationStatus
  /** Milliseconds since the epoch. */
  createdAt: number
  updatedAt: number
}

/** Two questions, two answers: is the conversation back, and does the agent remember it. */
export interface RestoreOutcome {
  conversation: 'none' | 'restored' | 'failed'
  /** `none`: there was no call to reconnect, or it could not be. `fresh`: the agent does not remember. */
  agent: 'none' | 'resumed' | 'reseeded' | 'fresh'
}
