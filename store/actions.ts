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

/** A session as it was stored: the payload of `sessionRehydrated`. */
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
  /** Messages that were read: the newest segment, or all of them. */
  messages: Message[]
  /** Index, in the whole conversation, of the first message in `messages`. */
  firstLoadedIndex: number
  /** Devices chosen in this tab; left out for a session of another tab. */
  devices?: ChosenDevices
  /** Messages that could not be decrypted; left out if there are none. */
  lost?: LostMessages[]
  /** Problem of a session that could be read nevertheless. */
  warning?: VoiceError
  /** Expiry of this tab's token for the session, in milliseconds since the epoch. */
  tokenExpiresAt?: number
  /** Ids of texts that were typed before the session was read, and wait for its call. */
  queuedTextIds?: string[]
  /** Text in the composer when the session was saved; left out if there was none. */
  draft?: string
  /** Name that the user gave the conversation; left out without one. */
  title?: string
  /** Ids of the last tool calls; left out if there were none. */
  toolCallIds?: readonly string[]
  /** Set if this page had the session open before, and another page of the tab changed it meanwhile. */
  isReload?: true
  /** Set if it was taken over from another tab, whose call and choices the state shows. */
  isTaken?: true
}

/** Answer of an app's tool to the agent: a JSON value, or an error message that the agent may read. */
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

/** Makes the creator of each action for its type, by the action's name. */
const definitions = {
  // Intents of the user or the app
  connectRequested: intent(),
  /** Ends the call. `reason`: why the app ends it without the user, for the text that says so. */
  disconnectRequested: prepared((options?: { reason?: EndReason }) => options),
  retryRequested: intent(),
  /** Another transport takes over: `agent.switchTransport` sets it. A call that is on gets a new connection, with the context. */
  switchTransportRequested: intent(),
  muteRequested: intent(),
  unmuteRequested: intent(),
  interruptRequested: intent(),
  /** Chooses how the user talks, also during a call: leaving `text` requests the microphone. */
  talkModeRequested: intentWith<{ talk: TalkMode }>(),
  /** Opens the microphone of push to talk, and interrupts the agent. */
  startTalkingRequested: intent(),
  stopTalkingRequested: intent(),
  resumePlaybackRequested: intent(),
  /** Requests the microphone again, after an error. */
  microphoneRequested: intent(),
  /** Chooses a microphone; `deviceId` null for the system's default. */
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
   * Marks a typed text that waits for a connection, or for the agent's acknowledgement. It stays unsent if the call ends before.
   */
  textQueued: event<{ id: string }>(),
  /** Clears that mark: the text was sent. An agent that acknowledges texts has received it. */
  textSent: event<{ id: string }>(),
  /** The call stops waiting with a text, which keeps its mark. An agent that is gone may have received it. */
  textNotSent: event<{ id: string }>(),
  /** Sends a text that was not sent. Without a call, it begins one. */
  resendTextRequested: intentWith<{ id: string }>(),
  /** Reports that the agent has received all texts up to this one; null for none yet. */
  textsAcknowledged: event<{ lastTextId: string | null }>(),
  /** Replaces the draft: the text in the composer that is not sent yet. Empty for none. */
  draftChanged: event<{ text: string }>(),
  /** Sends context to the agent outside the conversation, such as the content of the cart. */
  clientMessageRequested: intentWith<{ name: string; data: unknown }>(),

  /** Answers a request; `error` is null if it was fulfilled. A refused request changed nothing. */
  requestSettled: event<{ requestId: string; error: VoiceError | null }>(),

  // The connection
  /** Starts a call. `isRestored`: a restored session calls again, without the user pressing a button. */
  callBegan: event<{ isRestored: boolean }>(),
  connectionAttempted: event<{ connectionId: string; attempt: number; at: number }>(),
  connectionEstablished: event<{ connectionId: string; agent: AgentContinuation; at: number }>(),
  /** `undeliveredTextIds`: texts that were sent, and certainly have not left this page. */
  connectionLost: event<{
    connectionId: string
    error: VoiceError
    at: number
    undeliveredTextIds?: string[]
  }>(),
  /** Another connection takes the place of this one on purpose: its provider was about to end it, or the transport was switched. */
  connectionReplaced: event<{ connectionId: string; at: number; undeliveredTextIds?: string[] }>(),
  /** Reports a silent connection that is being recovered. Streaming turns are not lost yet. */
  connectionInterrupted: event<{ connectionId: string; error: VoiceError; at: number }>(),
  connectionRecovered: event<{ connectionId: string; at: number }>(),
  reconnectScheduled: event<{
    attempt: number
    /** Null or left out if the policy sets no limit. */
    maxAttempts?: number | null
    delayMs: number
    nextRetryAt: number
  }>(),
  connectionFailed: event<{ error: VoiceError; at: number }>(),
  connectionClosed: event<{ by: 'user' | 'agent'; at: number }>(),
  microphoneChanged: event<{ microphone: MicrophoneState; error?: VoiceError }>(),
  /** Replaces a device by `deviceId`. */
  deviceFellBack: event<DeviceFallback & { deviceId: string | null }>(),
  playbackChanged: event<{ playback: PlaybackState }>(),
  /** Samples the network once a second while the page is visible. */
  networkSampled: event<{ connectionId: string; sample: NetworkSample }>(),
  agentErrorReported: event<{ error: VoiceError }>(),
  /** Passes a message of the agent's server on to the app. Changes nothing in the state. */
  agentMessageReceived: event<AgentMessage>(),
  /** Counts messages of the agent that were not understood since the last report; `error` is set if one could not be parsed. */
  protocolErrorsReported: event<{ count: number; error?: VoiceError }>(),

  // The conversation
  /** `turnId`: the provider's own id of the user's turn, if it gives one. */
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
  /** Reports that nothing has come from the agent for `quietMs` milliseconds: turns that should have ended by then are given up. */
  conversationQuiet: event<{ quietMs: number }>(),
  /** Reports a tool call of the agent: a tool of the app, or one of the agent's own that its provider reports. */
  toolCallStarted: event<{ toolCallId: string; name: string; arguments: unknown; at: number }>(),
  /** The call waits for the user, who approves or declines it. It has not run. */
  toolApprovalNeeded: event<{ toolCallId: string }>(),
  /** Approves a tool call that waits for it. */
  approveToolRequested: intentWith<{ toolCallId: string }>(),
  /** Declines a tool call that waits for approval. It is not run, and the agent is told. */
  declineToolRequested: intentWith<{ toolCallId: string }>(),
  /**
   * The app's tool is done with it. Apps can dispatch it for a call whose outcome is `unknown`, for example after asking the server.
   * The outcome is shown, and the agent is told.
   */
  toolCallAnswered: intentWith<{
    toolCallId: string
    name: string
    arguments: unknown
    answer: ToolAnswer
  }>(),
  /** The call has begun, and its outcome is not known: the wait for it is over, or the page was reloaded. */
  toolOutcomeUnknown: event<{ toolCallId: string; isUndelivered?: true }>(),
  /** The agent's side is done with it, or it was cancelled. `failed`: a tool of the agent's own has failed. */
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
  /** Discards a state that DevTools preserved over a reload: its call and its session belong to the page before. */
  sessionDiscarded: event(),
  /** Restores this tab's session, or the one named; without its call if `reconnect` is false. */
  restoreRequested: intentWith<{ sessionId: string | null; reconnect?: boolean }>(),
  /** Ends the current session and begins a new one, without calling. */
  createSessionRequested: intent(),
  /** Ends the call and the session. The session stays stored. */
  endSessionRequested: intent(),
  deleteSessionRequested: intentWith<{ sessionId: string }>(),
  /** Gives a stored session a name; null or an empty one takes it away. */
  renameSessionRequested: intentWith<{ sessionId: string; title: string | null }>(),
  /** The open session has this name from now on. */
  sessionRenamed: event<{ title: string | null }>(),
  /**
   * Ends the call, releases the session and drops the token, for the next user of this page. With a `scope`, the next session is stored
   * for that user, in a database of their own; null for no user in particular.
   */
  resetRequested: prepared((options?: { scope?: string | null }) => options),
  /** Ends the call and deletes everything that is stored, in every tab. Fulfilled when it is off the disk. */
  eraseAllRequested: intent(),
  /** The user allows storing conversations, or no longer allows it. */
  consentChanged: intentWith<{ consent: boolean }>(),
  /** Reports that everything stored was deleted, by this tab or by another one (`isElsewhere`). Comes after `agentReset`. */
  allErased: event<{ isElsewhere: boolean }>(),
  /** Completes the reset. Clears the state, except for values that concern the page and not the user. */
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
  /** Reports that the connection to the database was lost, possibly with its data. */
  storageLost: event(),
  /** Reports sessions that were deleted by age, or because the disk was full. */
  sessionsDeleted: event<{ sessionIds: string[]; reason: 'expired' | 'quota' }>(),
  snapshotSaved: event<{ revision: number; at: number }>(),
}

/** The action creators of one voice agent. */
export type VoiceAgentActions = {
  [Name in keyof typeof definitions]: ReturnType<(typeof definitions)[Name]>
}

/**
 * Actions of one voice agent, typed under its reducer path, so that two agents in one store ignore each other's.
 * Intents end in `Requested` and carry a request id; all others report an event. None carries a token, a stream or a function.
 */
export function createVoiceAgentActions(path: string): VoiceAgentActions {
  const entries = Object.entries(definitions).map(([name, define]) => [name, define(`${path}/${name}`)])
  return Object.fromEntries(entries) as VoiceAgentActions
}

/** Returns the name of an action of the voice agent mounted at `path`. */
export const nameOf = (path: string, { type }: UnknownAction): string => type.slice(path.length + 1)

/** True if an action belongs to the voice agent mounted at `path`. Its middleware passes all others unchanged. */
export function isActionOf(path: string): (action: unknown) => action is UnknownAction {
  const prefix = `${path}/`
  // A thunk has no type.
  return (action): action is UnknownAction => {
    const type = String((action as UnknownAction | null)?.type)
    // The path of another agent may begin with this one: `voice/two` is no action of `voice`.
    return type.startsWith(prefix) && !type.includes('/', prefix.length)
  }
}
