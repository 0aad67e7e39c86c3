import {
  type ActionCreatorWithPreparedPayload,
  createAction,
  nanoid,
  type UnknownAction,
} from '@reduxjs/toolkit'
import type { VoiceError } from './errors.js'
import type { Message } from './message.js'
import type { NetworkSample } from './network-sample.js'
import type {
  AgentContinuation,
  ChosenDevices,
  DeviceFallback,
  LostMessages,
  MicrophoneState,
  PlaybackState,
  RestorePhase,
  RestoreReason,
  StorageStatus,
} from './types.js'

/** What a session looked like when it was stored; the payload of `sessionRehydrated`. */
export interface RehydratedSession {
  id: string
  tabId: string
  createdAt: number
  /** When it was last saved. */
  updatedAt?: number
  revision: number
  startedAt: number | null
  endedAt: number | null
  reconnectAttempts: number
  /** Those read: the newest segment, or all of them. */
  messages: Message[]
  /** Index, in the whole conversation, of the first message in `messages`. */
  firstLoadedIndex: number
  /** What was chosen in this tab; left out of another tab's session. */
  devices?: ChosenDevices
  /** Those that could not be opened, when there are any. */
  lost?: LostMessages[]
  /** What is wrong with it although it could be read. */
  warning?: VoiceError
  /** When this tab's token for it expires, in milliseconds since the epoch. */
  tokenExpiresAt?: number
}

/** What a tool of the app's has for the agent: a JSON value, or what went wrong in words that the agent may read. */
export type ToolAnswer = { result: unknown } | { error: string }

/** Identifies a request, so that its answer (`requestSettled`) can be told from the answers to others. */
export interface RequestMeta {
  requestId: string
  /** Milliseconds since the epoch. */
  at: number
}

/** An intent: an action that asks for something, and is answered exactly once. */
export type Intent<Payload = unknown> = UnknownAction & { payload: Payload; meta: RequestMeta }

type IntentCreator<Args extends unknown[], Payload> = ActionCreatorWithPreparedPayload<
  Args,
  Payload,
  string,
  never,
  RequestMeta
>

/**
 * Every action of one voice agent, typed under its reducer path, so that two agents in one store do not hear each other.
 * Intents end in `Requested` and carry a request id; everything else says what happened. None carries a token, a stream or a function.
 */
export function createVoiceAgentActions(path: string) {
  const event = <P = void>(name: string) => createAction<P>(`${path}/${name}`)
  // The reducer stays pure: ids and times are made here. Insecure origins have no randomUUID.
  const prepared = <Args extends unknown[], P>(name: string, payloadOf: (...args: Args) => P) =>
    createAction(`${path}/${name}`, (...args: Args) => ({
      payload: payloadOf(...args),
      meta: { requestId: nanoid(), at: Date.now() },
    })) as IntentCreator<Args, P>
  const intent = (name: string) => prepared(name, () => undefined)
  const intentWith = <P>(name: string) => prepared(name, (payload: P) => payload)

  return {
    // What a person or the app asks for
    connectRequested: intent('connectRequested'),
    disconnectRequested: intent('disconnectRequested'),
    retryRequested: intent('retryRequested'),
    muteRequested: intent('muteRequested'),
    unmuteRequested: intent('unmuteRequested'),
    interruptRequested: intent('interruptRequested'),
    resumePlaybackRequested: intent('resumePlaybackRequested'),
    /** Asks for the microphone again, after trouble with it. */
    microphoneRequested: intent('microphoneRequested'),
    /** `deviceId` null: the system's default. */
    selectMicrophoneRequested: intentWith<{ deviceId: string | null }>('selectMicrophoneRequested'),
    selectSpeakerRequested: intentWith<{ deviceId: string | null }>('selectSpeakerRequested'),
    /** `volume` from 0 to 1. */
    volumeRequested: intentWith<{ volume: number }>('volumeRequested'),
    earlierMessagesRequested: intent('earlierMessagesRequested'),
    /** A typed turn of the user's. */
    sendTextRequested: prepared('sendTextRequested', (text: string) => ({
      id: nanoid(),
      text,
      at: Date.now(),
    })),
    /** The transport refused a typed text: it is removed from the conversation. */
    textRefused: event<{ id: string; error: VoiceError }>('textRefused'),
    /** A typed text waits for a connection. If none comes before the call ends, or the page is left, it stays marked as unsent. */
    textQueued: event<{ id: string }>('textQueued'),
    /** A text that waited was sent. */
    textSent: event<{ id: string }>('textSent'),
    /** Something the app tells the agent beside the conversation, such as what is in the cart. */
    clientMessageRequested: intentWith<{ name: string; data: unknown }>('clientMessageRequested'),

    /** The answer to a request; `error` is null when it was fulfilled. A request that was refused changed nothing. */
    requestSettled: event<{ requestId: string; error: VoiceError | null }>('requestSettled'),

    // The connection
    /** `isRestored`: a restored session calls again, without anyone pressing a button. */
    callBegan: event<{ isRestored: boolean }>('callBegan'),
    connectionAttempted: event<{ connectionId: string; attempt: number; at: number }>('connectionAttempted'),
    connectionEstablished: event<{ connectionId: string; agent: AgentContinuation; at: number }>(
      'connectionEstablished',
    ),
    connectionLost: event<{ connectionId: string; error: VoiceError; at: number }>('connectionLost'),
    /** The connection has gone silent, and is being mended: nothing of the turns under way is lost yet. */
    connectionInterrupted: event<{ connectionId: string; error: VoiceError; at: number }>(
      'connectionInterrupted',
    ),
    connectionRecovered: event<{ connectionId: string; at: number }>('connectionRecovered'),
    reconnectScheduled: event<{
      attempt: number
      /** Null or left out where the policy sets no limit. */
      maxAttempts?: number | null
      delayMs: number
      nextRetryAt: number
    }>('reconnectScheduled'),
    connectionFailed: event<{ error: VoiceError; at: number }>('connectionFailed'),
    connectionClosed: event<{ by: 'user' | 'agent'; at: number }>('connectionClosed'),
    microphoneChanged: event<{ microphone: MicrophoneState; error?: VoiceError }>('microphoneChanged'),
    /** `deviceId`: what is used instead. */
    deviceFellBack: event<DeviceFallback & { deviceId: string | null }>('deviceFellBack'),
    playbackChanged: event<{ playback: PlaybackState }>('playbackChanged'),
    /** Once a second of a call that somebody can see. */
    networkSampled: event<{ connectionId: string; sample: NetworkSample }>('networkSampled'),
    agentErrorReported: event<{ error: VoiceError }>('agentErrorReported'),
    /** Messages of the agent's that were not understood, since the last such report; `error` when one could not be read at all. */
    protocolErrorsReported: event<{ count: number; error?: VoiceError }>('protocolErrorsReported'),

    // The conversation
    userSpeechStarted: event<{ id: string; at: number }>('userSpeechStarted'),
    userSpeechStopped: event<{ at: number }>('userSpeechStopped'),
    userTranscriptReceived: event<{
      id: string
      text: string
      final: boolean
      at: number
      speechMs?: number
    }>('userTranscriptReceived'),
    assistantTurnStarted: event<{ turnId: string; at: number }>('assistantTurnStarted'),
    assistantTextAppended: event<{ turnId: string; delta: string }>('assistantTextAppended'),
    assistantTextReplaced: event<{ turnId: string; text: string }>('assistantTextReplaced'),
    assistantTurnCompleted: event<{ turnId: string }>('assistantTurnCompleted'),
    assistantTurnInterrupted: event<{ turnId: string }>('assistantTurnInterrupted'),
    assistantSpeechStarted: event('assistantSpeechStarted'),
    assistantSpeechStopped: event('assistantSpeechStopped'),
    /** The agent calls a tool: one of the app's, or one of its own that its provider reports. */
    toolCallStarted: event<{ toolCallId: string; name: string; arguments: unknown; at: number }>(
      'toolCallStarted',
    ),
    /** The app's tool is done with it. */
    toolCallAnswered: intentWith<{
      toolCallId: string
      name: string
      arguments: unknown
      answer: ToolAnswer
    }>('toolCallAnswered'),
    /** The agent's side is done with it, or it was cancelled. */
    toolCallStopped: event<{ toolCallId: string; cancelled: boolean }>('toolCallStopped'),
    earlierMessagesLoaded: event<{
      messages: Message[]
      firstLoadedIndex: number
      lost?: LostMessages[]
    }>('earlierMessagesLoaded'),

    // The session
    /** The store began with the state of another page, as DevTools keep it over a reload: its call and its session are not this page's. */
    sessionDiscarded: event('sessionDiscarded'),
    /** Restores this tab's session, or the one named; without its call, where `reconnect` is false. */
    restoreRequested: intentWith<{ sessionId: string | null; reconnect?: boolean }>('restoreRequested'),
    /** Ends the session there is and begins a new one, without calling. */
    createSessionRequested: intent('createSessionRequested'),
    /** Ends the call and the session, which stays stored. */
    endSessionRequested: intent('endSessionRequested'),
    deleteSessionRequested: intentWith<{ sessionId: string }>('deleteSessionRequested'),
    /** Ends the call, releases the session, forgets the token: for the next user of this page. */
    resetRequested: intent('resetRequested'),
    /** The reset is done. What concerns the page, not the user, is kept. */
    agentReset: event<{
      tabId: string | null
      storage: StorageStatus
      error: VoiceError | null
      revision: number
    }>('agentReset'),
    restorePhaseChanged: event<{ phase: RestorePhase }>('restorePhaseChanged'),
    restoreSettled: event<{
      conversation: 'none' | 'restored' | 'failed'
      agent: AgentContinuation | 'none'
      reason: RestoreReason | null
      error?: VoiceError
    }>('restoreSettled'),
    tabIdentified: event<{ tabId: string }>('tabIdentified'),
    sessionCreated: event<{ id: string; at: number }>('sessionCreated'),
    sessionRehydrated: event<RehydratedSession>('sessionRehydrated'),
    sessionEnded: event<{ at: number }>('sessionEnded'),
    sessionExpired: event('sessionExpired'),
    tokenRefreshed: event<{ expiresAt: number }>('tokenRefreshed'),
    storageStatusChanged: event<{ storage: StorageStatus; error: VoiceError | null }>('storageStatusChanged'),
    /** The connection to the database was lost, and what is in it may be, too. */
    storageLost: event('storageLost'),
    snapshotSaved: event<{ revision: number; at: number }>('snapshotSaved'),
  }
}

/** The action creators of one voice agent. */
export type VoiceAgentActions = ReturnType<typeof createVoiceAgentActions>

/** Whether an action belongs to the voice agent mounted at `path`: all others pass its middleware untouched. */
export function isActionOf(path: string): (action: unknown) => action is UnknownAction {
  const prefix = `${path}/`
  // A thunk has no type.
  return (action): action is UnknownAction =>
    String((action as UnknownAction | null)?.type).startsWith(prefix)
}
