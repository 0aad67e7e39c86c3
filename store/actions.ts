import {
  type ActionCreatorWithPreparedPayload,
  createAction,
  nanoid,
  type UnknownAction,
} from '@reduxjs/toolkit'
import type { VoiceError } from './errors.js'
import type { Message } from './message.js'
import type {
  AgentContinuation,
  AgentMessage,
  ChosenDevices,
  DeviceFallback,
  EndReason,
  KeyProtection,
  LostMessages,
  MicrophoneState,
  NetworkSample,
  PlaybackState,
  RestorePhase,
  RestoreReason,
  StorageStatus,
  TalkMode,
} from './types.js'

/** A session as it was stored: the payload of `sessionRehydrated`. Times are milliseconds since the epoch. */
export interface RehydratedSession {
  id: string
  tabId: string
  createdAt: number
  /** Time of the last save. */
  updatedAt?: number
  keyProtection?: KeyProtection
  revision: number
  startedAt: number | null
  endedAt: number | null
  reconnectAttempts: number
  /** Messages read so far: the newest segment, or all of them. */
  messages: Message[]
  /** Index, in the whole conversation, of the first message in `messages`. */
  firstLoadedIndex: number
  /** Devices chosen in this tab; absent for a session from another tab. */
  devices?: ChosenDevices
  /** Messages that could not be decrypted; absent if there are none. */
  lost?: LostMessages[]
  /** Problem with a session that could still be read. */
  warning?: VoiceError
  /** Expiry of this tab's token for the session, in milliseconds since the epoch. */
  tokenExpiresAt?: number
  /** Ids of texts that were typed before the session was read, and are waiting for its call. */
  queuedTextIds?: string[]
  /** Text in the composer when the session was saved; absent if there was none. */
  draft?: string
  /** Name that the user gave the conversation; absent if there is none. */
  title?: string
  /** Ids of the last tool calls; absent if there were none. */
  toolCallIds?: readonly string[]
  /** Set if this page had the session open before, and another page in this tab has changed it since. */
  isReload?: true
  /** Set if the session was taken over from another tab, whose call and choices are still in the state. */
  isTaken?: true
  /** Set if the session's call is not restored, for example because the user ended it while the session was read or taken over. */
  isCallEnded?: true
}

/** Answer of your app's tool to the agent: a JSON value, or an error message that the agent may read. */
export type ToolAnswer = { result: unknown } | { error: string }

/** Identifies a request, so that its answer (`requestSettled`) can be matched to it. */
export interface RequestMeta {
  requestId: string
  /** Milliseconds since the epoch. */
  at: number
}

/** An intent: an action that requests something and is answered exactly once. */
export type Intent<Payload = unknown> = UnknownAction & { payload: Payload; meta: RequestMeta }

type IntentCreator<Args extends unknown[], Payload> = ActionCreatorWithPreparedPayload<
  Args,
  Payload,
  string,
  never,
  RequestMeta
>

const event =
  <P = void>() =>
  (type: string) =>
    createAction<P>(type)
// Creates ids and times here, because reducers must be pure. Insecure origins have no randomUUID.
const prepared =
  <Args extends unknown[], P>(payloadOf: (...args: Args) => P) =>
  (type: string) =>
    createAction(type, (...args: Args) => ({
      payload: payloadOf(...args),
      meta: { requestId: nanoid(), at: Date.now() },
    })) as IntentCreator<Args, P>
const intent = () => prepared(() => undefined)
const intentWith = <P>() => prepared((payload: P) => payload)

/** Factories of the action creators, by action name. Each takes the action's type. */
const definitions = {
  // Intents of the user or the app
  connectRequested: intent(),
  /** Ends the call. `reason`: why the app ends it without the user, to show in the UI. */
  disconnectRequested: prepared((options?: { reason?: EndReason }) => options),
  retryRequested: intent(),
  /** Switches to the transport set by `agent.switchTransport`. An ongoing call gets a new connection, with the context. */
  switchTransportRequested: intent(),
  muteRequested: intent(),
  unmuteRequested: intent(),
  interruptRequested: intent(),
  /** Chooses how the user talks. During a call, leaving `text` requests the microphone. */
  talkModeRequested: intentWith<{ talk: TalkMode }>(),
  /** Opens the microphone for push-to-talk, and interrupts the agent. */
  startTalkingRequested: intent(),
  stopTalkingRequested: intent(),
  resumePlaybackRequested: intent(),
  /** Requests the microphone again, after an error. */
  microphoneRequested: intent(),
  /** Chooses a microphone; null for the system default. */
  selectMicrophoneRequested: intentWith<{ deviceId: string | null }>(),
  selectSpeakerRequested: intentWith<{ deviceId: string | null }>(),
  /** Sets the volume, from 0 to 1. */
  volumeRequested: intentWith<{ volume: number }>(),
  earlierMessagesRequested: intent(),
  /** Adds a typed turn of the user. */
  sendTextRequested: prepared((text: string) => ({
    id: nanoid(),
    text,
    at: Date.now(),
  })),
  /** Removes a typed text from the conversation, because the transport refused it. */
  textRefused: event<{ id: string; error: VoiceError }>(),
  /**
   * Marks a typed text that is waiting for a connection or the agent's acknowledgement. If the call ends first, it stays unsent.
   */
  textQueued: event<{ id: string }>(),
  /** Clears that mark: the text was sent. An agent that acknowledges texts has received it. */
  textSent: event<{ id: string }>(),
  /** Gives up on sending a text, which keeps its mark. An earlier agent may have received it. */
  textNotSent: event<{ id: string }>(),
  /** Sends a text that was not sent. Starts a call if there is none. */
  resendTextRequested: intentWith<{ id: string }>(),
  /** The agent has received all texts up to this one; null if none yet. */
  textsAcknowledged: event<{ lastTextId: string | null }>(),
  /** Replaces the draft: the unsent text in the composer. Empty if there is none. */
  draftChanged: event<{ text: string }>(),
  /** Sends context to the agent outside the conversation, such as the contents of the cart. */
  clientMessageRequested: intentWith<{ name: string; data: unknown }>(),

  /** Answers a request; `error` is null if it was fulfilled. A refused request changed nothing. */
  requestSettled: event<{ requestId: string; error: VoiceError | null }>(),

  // The connection
  /** Starts a call. `isRestored`: a restored session reconnects without the user pressing a button. */
  callBegan: event<{ isRestored: boolean }>(),
  connectionAttempted: event<{ connectionId: string; attempt: number; at: number }>(),
  connectionEstablished: event<{ connectionId: string; agent: AgentContinuation; at: number }>(),
  /** `undeliveredTextIds`: texts that were sent, but certainly never left this page. */
  connectionLost: event<{
    connectionId: string
    error: VoiceError
    at: number
    undeliveredTextIds?: string[]
  }>(),
  /** The connection is replaced on purpose: its provider was about to end it, or the transport was switched. */
  connectionReplaced: event<{ connectionId: string; at: number; undeliveredTextIds?: string[] }>(),
  /** The connection is silent and is being recovered. Streaming turns are not lost yet. */
  connectionInterrupted: event<{ connectionId: string; error: VoiceError; at: number }>(),
  connectionRecovered: event<{ connectionId: string; at: number }>(),
  reconnectScheduled: event<{
    attempt: number
    /** Null or absent if the policy sets no limit. */
    maxAttempts?: number | null
    delayMs: number
    nextRetryAt: number
  }>(),
  connectionFailed: event<{ error: VoiceError; at: number }>(),
  connectionClosed: event<{ by: 'user' | 'agent'; at: number }>(),
  microphoneChanged: event<{ microphone: MicrophoneState; error?: VoiceError }>(),
  /** A device was replaced by `deviceId`. */
  deviceFellBack: event<DeviceFallback & { deviceId: string | null }>(),
  playbackChanged: event<{ playback: PlaybackState }>(),
  /** A network sample, once per second while the page is visible. */
  networkSampled: event<{ connectionId: string; sample: NetworkSample }>(),
  agentErrorReported: event<{ error: VoiceError }>(),
  /** Passes a message from the agent's server to the app. Doesn't change the state. */
  agentMessageReceived: event<AgentMessage>(),
  /** Counts messages from the agent that were not understood since the last report. `error` is set if one could not be parsed. */
  protocolErrorsReported: event<{ count: number; error?: VoiceError }>(),

  // The conversation
  /** `turnId`: the provider's own id for the user's turn, if it sends one. */
  userSpeechStarted: event<{ id: string; at: number; turnId?: string }>(),
  userSpeechStopped: event<{ at: number; turnId?: string }>(),
  userTranscriptReceived: event<{ id: string; text: string; final: boolean; at: number; turnId?: string }>(),
  assistantTurnStarted: event<{ turnId: string; at: number }>(),
  assistantTextAppended: event<{ turnId: string; delta: string }>(),
  assistantTextReplaced: event<{ turnId: string; text: string }>(),
  assistantTurnCompleted: event<{ turnId: string }>(),
  assistantTurnInterrupted: event<{ turnId: string }>(),
  assistantSpeechStarted: event(),
  assistantSpeechStopped: event(),
  /** No event has arrived from the agent for `quietMs` milliseconds. Turns that should have ended within that time are given up. */
  conversationQuiet: event<{ quietMs: number }>(),
  /** The agent called a tool of the app, or one of its own that its provider reports. */
  toolCallStarted: event<{ toolCallId: string; name: string; arguments: unknown; at: number }>(),
  /** The tool call awaits the user's approval. It has not run. */
  toolApprovalNeeded: event<{ toolCallId: string }>(),
  /** Approves a tool call that awaits approval. */
  approveToolRequested: intentWith<{ toolCallId: string }>(),
  /** Declines a tool call that awaits approval. It doesn't run, and the agent is notified. */
  declineToolRequested: intentWith<{ toolCallId: string }>(),
  /**
   * The app's tool has answered. Apps can also dispatch this for a call whose outcome is `unknown`, for example after asking the server.
   * The outcome is shown and sent to the agent.
   */
  toolCallAnswered: intentWith<{
    toolCallId: string
    name: string
    arguments: unknown
    answer: ToolAnswer
  }>(),
  /** The tool call has started, but its outcome is not known: it timed out, or the page was reloaded. */
  toolOutcomeUnknown: event<{ toolCallId: string; isUndelivered?: true }>(),
  /** The agent has finished with the tool call, or it was cancelled. `failed`: one of the agent's own tools failed. */
  toolCallStopped: event<{
    toolCallId: string
    cancelled: boolean
    failed?: boolean
    isUndelivered?: true
  }>(),
  earlierMessagesLoaded: event<{
    messages: Message[]
    firstLoadedIndex: number
    lost?: LostMessages[]
  }>(),

  // The session
  /** Discards a state that DevTools preserved across a reload, because its call and session belong to the previous page. */
  sessionDiscarded: event(),
  /** Restores this tab's session, or the given one; without its call if `reconnect` is false. */
  restoreRequested: intentWith<{ sessionId: string | null; reconnect?: boolean }>(),
  /** Ends the current session and creates a new one, without starting a call. */
  createSessionRequested: intent(),
  /** Ends the call and the session. The session stays stored. */
  endSessionRequested: intent(),
  deleteSessionRequested: intentWith<{ sessionId: string }>(),
  /** Names a stored session; null or an empty name removes it. */
  renameSessionRequested: intentWith<{ sessionId: string; title: string | null }>(),
  /** The open session was renamed. */
  sessionRenamed: event<{ title: string | null }>(),
  /**
   * Ends the call, releases the session and drops the token, for the next user of this page. With a `scope`, the next session is stored
   * in a separate database for that user; null for no particular user.
   */
  resetRequested: prepared((options?: { scope?: string | null }) => options),
  /** Ends the call and deletes everything stored, in all tabs. Fulfilled once nothing is left on disk. */
  eraseAllRequested: intent(),
  /** The user gave or withdrew consent to storing conversations. */
  consentChanged: intentWith<{ consent: boolean }>(),
  /** Everything stored was deleted, by this tab or another one (`isElsewhere`). Dispatched after `agentReset`. */
  allErased: event<{ isElsewhere: boolean }>(),
  /** Completes the reset. Clears the state, except for values that belong to the page rather than the user. */
  agentReset: event<{
    tabId: string | null
    storage: StorageStatus
    error: VoiceError | null
    revision: number
  }>(),
  restorePhaseChanged: event<{ phase: RestorePhase }>(),
  restoreSettled: event<{
    conversation: 'none' | 'restored' | 'failed'
    agent: AgentContinuation | 'none'
    reason: RestoreReason | null
    error?: VoiceError
  }>(),
  tabIdentified: event<{ tabId: string }>(),
  sessionCreated: event<{ id: string; at: number; keyProtection?: KeyProtection | null }>(),
  sessionRehydrated: event<RehydratedSession>(),
  sessionEnded: event<{ at: number }>(),
  sessionExpired: event(),
  tokenRefreshed: event<{ expiresAt: number }>(),
  storageStatusChanged: event<{ storage: StorageStatus; error: VoiceError | null }>(),
  /** The connection to the database was lost, possibly with its data. */
  storageLost: event(),
  /** Sessions were deleted because they expired, or because the disk was full. */
  sessionsDeleted: event<{ sessionIds: string[]; reason: 'expired' | 'quota' }>(),
  /** The session is stored up to this revision, under a key with this protection, which is absent if the storage doesn't report it. */
  snapshotSaved: event<{ revision: number; at: number; keyProtection?: KeyProtection | null }>(),
}

/** The action creators of one voice agent. */
export type VoiceAgentActions = {
  [Name in keyof typeof definitions]: ReturnType<(typeof definitions)[Name]>
}

/**
 * Actions of one voice agent. Types begin with its reducer path, so that two agents in one store ignore each other's actions.
 * Intents end in `Requested` and carry a request id; all others report an event. None carries a token, a stream or a function.
 */
export function createVoiceAgentActions(path: string): VoiceAgentActions {
  const entries = Object.entries(definitions).map(([name, define]) => [name, define(`${path}/${name}`)])
  return Object.fromEntries(entries) as VoiceAgentActions
}

/** Returns the name of an action of the voice agent mounted at `path`. */
export const nameOf = (path: string, { type }: UnknownAction): string => type.slice(path.length + 1)

/** Matches actions of the voice agent mounted at `path`. Its middleware passes on all others unchanged. */
export function isActionOf(path: string): (action: unknown) => action is UnknownAction {
  const prefix = `${path}/`
  // A thunk has no type.
  return (action): action is UnknownAction => {
    const type = String((action as UnknownAction | null)?.type)
    // Another agent's path may begin with this one: `voice/two/…` is not an action of `voice`.
    return type.startsWith(prefix) && !type.includes('/', prefix.length)
  }
}
