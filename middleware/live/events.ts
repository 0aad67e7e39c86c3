import type {
  KeyProtection,
  RequestMeta,
  RestoreReason,
  StorageStatus,
  ToolAnswer,
  VoiceAgentActions,
  VoiceAgentError,
  VoiceError,
} from '../../store/index.js'
import type { ClientMessage } from '../drivers/call/ports.js'
import type { CallIntent, MessageRange, StoragePlace, StoredSession } from '../drivers/storage/ports.js'

type Names = keyof VoiceAgentActions
/** The payload of the action with this name. */
export type FactPayload<Name extends Names> = ReturnType<VoiceAgentActions[Name]>['payload']

/** An event action, by name. */
export type Fact = { [Name in Names]: { name: Name; payload: FactPayload<Name> } }[Names]

/** The agent's report about one of its tool calls. */
export type ToolFact = Extract<Fact, { name: 'toolCallStarted' | 'toolCallStopped' | 'toolApprovalNeeded' }>

/** Names of the actions that request something. */
export type IntentName = {
  [Name in Names]: ReturnType<VoiceAgentActions[Name]> extends { meta: RequestMeta } ? Name : never
}[Names]

/** An intent action, by name, with the parts of the state that its handler needs. */
export type IntentEvent = {
  [Name in IntentName]: { type: Name; payload: FactPayload<Name> } & RequestMeta & {
      /** True if the state in the store shows a call, even if there is none. */
      isCallShown: boolean
      firstLoadedIndex: number
      revision: number
      /** Text of the message that the intent refers to by id; empty for other intents. */
      text: string
    }
}[IntentName]

/** Intents for a call's media and connection. Without a call, they only set the state that the next call starts with. */
export type CallControl = EventNamed<
  | 'retryRequested'
  | 'muteRequested'
  | 'unmuteRequested'
  | 'selectMicrophoneRequested'
  | 'selectSpeakerRequested'
  | 'volumeRequested'
  | 'microphoneRequested'
  | 'resumePlaybackRequested'
  | 'talkModeRequested'
  | 'startTalkingRequested'
  | 'stopTalkingRequested'
  | 'switchTransportRequested'
>

export type Event =
  | IntentEvent
  /** A message could not be sent, because there was no connection. */
  | { type: 'messageReturned'; callId: string; requestId: string | null; message: ClientMessage }
  /** An app action replaced the agent's state. */
  | { type: 'stateReplaced'; at: number; revision: number }
  | { type: 'storageOpened'; tabId: string; isDuplicate: boolean }
  | { type: 'storageReported'; storage: StorageStatus; error: VoiceError | null }
  | {
      type: 'storageTaskDone'
      taskId: number
      tabId: string
      isDuplicate: boolean
      error: VoiceAgentError | null
    }
  /** Another tab has erased everything stored. */
  | { type: 'erasedElsewhere'; at: number; revision: number }
  | { type: 'sessionAdopted'; requestIds: readonly string[]; error: VoiceAgentError | null }
  /** `sessionId`: the tab's session, which may be known even without its token. */
  | {
      type: 'tabTokenRead'
      jobId: number
      token: TabToken | null
      sessionId: string | null
      /** True if the tab had the session open without a token. */
      isTokenless: boolean
      callIntent: CallIntent
    }
  | { type: 'tabTokenOpened'; jobId: number; isFresh: boolean }
  | { type: 'tabTokenUnreadable'; jobId: number; error: VoiceAgentError }
  | { type: 'tokenReady'; jobId: number; sessionId: string }
  | { type: 'tokenFailed'; jobId: number; error: VoiceAgentError; at: number }
  | {
      type: 'sessionCreated'
      jobId: number
      sessionId: string
      keyProtection: KeyProtection | null
      at: number
    }
  | { type: 'sessionNotCreated'; jobId: number; error: VoiceAgentError; at: number }
  | { type: 'sessionChecked'; jobId: number; isRestorable: boolean; at: number }
  | { type: 'sessionRead'; sessionId: string; stored: StoredSession | null }
  | { type: 'sessionUnreadable'; sessionId: string; error: VoiceAgentError }
  | { type: 'sessionReloaded'; stored: StoredSession }
  | { type: 'sessionReleased'; requestIds: readonly string[] }
  | { type: 'sessionDeleted'; requestId: string; error: VoiceAgentError | null }
  /** The work on a session that a rename waited for is done. */
  | { type: 'renameDue'; requestId: string; sessionId: string; title: string | null }
  /** The name is saved, or `error` says why it isn't. */
  | { type: 'storedRenamed'; requestId: string; error: VoiceAgentError | null }
  | { type: 'permissionKnown'; jobId: number; refusal: RestoreReason | null }
  | { type: 'flushed'; requestId: string }
  | { type: 'earlierRead'; sessionId: string; index: number; range: MessageRange }
  | { type: 'earlierUnreadable'; sessionId: string; index: number; error: VoiceAgentError }
  | { type: 'callReported'; callId: string; fact: Fact }
  | { type: 'callEnded'; callId: string; error: VoiceAgentError | null; at: number }
  | {
      type: 'messageSent'
      callId: string
      requestId: string | null
      textId: string | null
      isQueued: boolean
      /** True if the transport still holds the text. A report of `textSent` follows when it leaves the page. */
      isHeld: boolean
    }
  | {
      type: 'messageRefused'
      callId: string
      requestId: string | null
      textId: string | null
      isQueued: boolean
      message: ClientMessage
      error: VoiceAgentError
    }
  /** The tool's arguments are valid, or `error` says why they aren't. */
  | { type: 'toolChecked'; runId: number; error: string | null; needsApproval: boolean }
  /** The tool call is saved, or saving has failed. */
  | { type: 'toolRecorded'; runId: number }
  /** The tool has run for longer than the agent waits. */
  | { type: 'toolOverdue'; runId: number; limitMs: number }
  /** The tool's run has ended. `answer` is null if it was aborted, so its outcome is unknown. */
  | { type: 'toolSettled'; runId: number; answer: ToolAnswer | null }
  /** A connection attempt has built the context for an agent without memory. */
  | { type: 'contextRead'; callId: string; messageIds: readonly string[] }
  | { type: 'tokenRefreshed'; epoch: number; expiresAt: number }
  /** The transport's memo has changed, so the token must be stored again with it. */
  | { type: 'memoChanged'; epoch: number }
  /** The token has expired, and could not be renewed. */
  | { type: 'tokenExpired'; epoch: number }
  | { type: 'pageReturned' }
  /** Another tab takes over the session. `waits`: not before the agent has moved there, or the connection is lost. */
  | { type: 'moveRequested'; requestId: string; sessionId: string; waits: boolean; at: number }
  /** The tab that requested the session is gone, or has failed. */
  | { type: 'moveCancelled' }
  /** Takes over a session from another tab. */
  | { type: 'takeOverRequested'; requestId: string; sessionId: string; call: TakenCall; at: number }
  /** The other tab has released the session, or is gone. */
  | { type: 'sessionFreed'; sessionId: string; isCallEnded: boolean; at: number }

export type EventNamed<Type extends Event['type']> = Extract<Event, { type: Type }>

/**
 * When to call in a session that is taken over from another tab. `early`: while the other tab still has the session. `after`: once the session
 * is open here. `if-permitted`: like `after`, but only if the browser permits the microphone. `none`: not at all, because there is no call.
 * `ended`: not at all, because the user ended the call while the session was moving.
 */
export type TakenCall = 'early' | 'after' | 'if-permitted' | 'none' | 'ended'

/** The parts of the tab's token that can be read without the session's key. */
export interface TabToken {
  /** Milliseconds since the epoch. */
  expiresAt: number
  isFresh: boolean
}

export type Command =
  | { type: 'openStorage' }
  | { type: 'eraseAll'; taskId: number }
  /** `isErased`: another tab has erased the storage, so unsaved changes must be dropped. */
  | { type: 'reopenStorage'; taskId: number; isErased: boolean; place: StoragePlace }
  /** `index`: index of the session's first loaded message. */
  | { type: 'withdrawConsent'; taskId: number; session: { id: string; index: number } | null }
  /** Starts storing the open session at the storage's new place. */
  | { type: 'adoptSession'; sessionId: string; epoch: number; requestIds: readonly string[] }
  | { type: 'readTabToken'; jobId: number }
  | { type: 'openTabToken'; jobId: number; epoch: number }
  /** `sessionId`: requests a token for this session without proof, and accepts no other session. */
  | { type: 'getToken'; jobId: number; epoch: number; renew: boolean; sessionId?: string }
  | { type: 'createSession'; jobId: number; epoch: number; sessionId: string }
  | { type: 'checkSession'; jobId: number; sessionId: string }
  | { type: 'readSession'; sessionId: string }
  | { type: 'reloadIfNewer'; sessionId: string }
  | { type: 'releaseSession'; sessionId: string; requestIds: readonly string[] }
  | { type: 'deleteSession'; requestId: string; sessionId: string }
  /** `isOpening`: the session is being read, so it may be open afterwards. */
  | {
      type: 'renameSession'
      requestId: string
      sessionId: string
      title: string | null
      isOpening: boolean
    }
  /** Saves the open session after it was renamed. */
  | { type: 'saveRenamed'; requestId: string; sessionId: string }
  | { type: 'queryPermission'; jobId: number }
  | { type: 'flush'; requestId: string }
  | { type: 'readEarlier'; sessionId: string; index: number }
  /** Prepares everything that the call needs apart from its session. */
  | { type: 'prepareCall'; callId: string }
  | {
      type: 'startCall'
      callId: string
      epoch: number
      sessionId: string
      isRestored: boolean
      isSwitched: boolean
      /** True while another tab has the agent, which moves here at the end of a sentence. Until then, no microphone is opened. */
      isHandover: boolean
    }
  /** `isQuiet`: doesn't say goodbye to the agent, so that it waits for the next connection. */
  | { type: 'stopCall'; callId: string; isQuiet?: true }
  /** Opens the microphone of a call that started as a handover. */
  | { type: 'openMicrophone'; callId: string }
  | { type: 'control'; callId: string; control: CallControl }
  | { type: 'send'; callId: string; requestId: string | null; message: ClientMessage; isQueued: boolean }
  | { type: 'checkTool'; runId: number; name: string; arguments: unknown }
  | { type: 'recordTool'; runId: number }
  | { type: 'runTool'; runId: number; name: string }
  /** Aborts the tool's signal. */
  | { type: 'abortTool'; runId: number }
  /** Expires the token and the memo, because a new transport can't use them. */
  | { type: 'expireToken'; epoch: number }
  /** `isForgotten`: also deletes the stored token. */
  | { type: 'dropToken'; epoch: number; isForgotten: boolean }
  | { type: 'saveToken'; epoch: number; sessionId: string }
  /** Lets the tab's next page open this session, which has no token yet. */
  | { type: 'setOpenSession'; sessionId: string }
  /** Adopts the token passed on by another tab. */
  | { type: 'adoptToken'; epoch: number }
  | { type: 'tell'; fact: Fact }
  /** `isQuiet`: the effect is visible in the state, so the answer needs no action. */
  | { type: 'settle'; requestId: string; error: VoiceAgentError | null; value?: unknown; isQuiet: boolean }

export type CommandNamed<Type extends Command['type']> = Extract<Command, { type: Type }>

/** Runners for some types of commands. */
export type CommandRunners<Type extends Command['type'] = Command['type']> = {
  [Name in Type]: (command: CommandNamed<Name>) => void
}
