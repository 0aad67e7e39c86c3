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

/** An action that says what happened, by its name. */
export type Fact = { [Name in Names]: { name: Name; payload: FactPayload<Name> } }[Names]

/** A report of an agent about its tool calls. */
export type ToolFact = Extract<Fact, { name: 'toolCallStarted' | 'toolCallStopped' | 'toolApprovalNeeded' }>

/** Names of the actions that ask for something. */
export type IntentName = {
  [Name in Names]: ReturnType<VoiceAgentActions[Name]> extends { meta: RequestMeta } ? Name : never
}[Names]

/** An intent action, by its name, with what its handling needs to know of the state that it came to. */
export type IntentEvent = {
  [Name in IntentName]: { type: Name; payload: FactPayload<Name> } & RequestMeta & {
      /** True if the state on display has a call, though there may be none. */
      isCallShown: boolean
      firstLoadedIndex: number
      revision: number
      /** The words that an intent names by the id of their message; empty for any other intent. */
      text: string
    }
}[IntentName]

/** Intents for the media and the connection of a call. Without one they only choose what the next call begins with. */
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
  /** A message that found no connection to be sent by. */
  | { type: 'messageReturned'; callId: string; requestId: string | null; message: ClientMessage }
  /** An action of the app replaced the agent's state. */
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
  /** Another tab has erased everything that is stored. */
  | { type: 'erasedElsewhere'; at: number; revision: number }
  | { type: 'sessionAdopted'; requestIds: readonly string[]; error: VoiceAgentError | null }
  /** `sessionId`: the tab's session, which can also be known without its token. */
  | {
      type: 'tabTokenRead'
      jobId: number
      token: TabToken | null
      sessionId: string | null
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
  /** The work on a session is done that a new name waited for. */
  | { type: 'renameDue'; requestId: string; sessionId: string; title: string | null }
  /** The name is saved, or `error` says why not. */
  | { type: 'storedRenamed'; requestId: string; error: VoiceAgentError | null }
  | { type: 'permissionKnown'; jobId: number; refusal: RestoreReason | null }
  | { type: 'flushed'; requestId: string }
  | { type: 'earlierRead'; sessionId: string; index: number; range: MessageRange }
  | { type: 'earlierUnreadable'; sessionId: string; index: number; error: VoiceAgentError }
  | { type: 'callReported'; callId: string; fact: Fact }
  | { type: 'callEnded'; callId: string; error: VoiceAgentError | null; at: number }
  | { type: 'messageSent'; callId: string; requestId: string | null; queuedTextId: string | null }
  | {
      type: 'messageRefused'
      callId: string
      requestId: string | null
      textId: string | null
      isQueued: boolean
      message: ClientMessage
      error: VoiceAgentError
    }
  /** The tool's arguments are valid, or `error` says why not. */
  | { type: 'toolChecked'; runId: number; error: string | null; needsApproval: boolean }
  /** The tool call is saved, or can't be. */
  | { type: 'toolRecorded'; runId: number }
  /** The tool has run for longer than the agent waits. */
  | { type: 'toolOverdue'; runId: number; limitMs: number }
  /** The tool's run has ended; null if it stopped because it was aborted, so that its outcome is unknown. */
  | { type: 'toolSettled'; runId: number; answer: ToolAnswer | null }
  /** An attempt to connect has read the context for an agent without memory. */
  | { type: 'contextRead'; callId: string; messageIds: readonly string[] }
  | { type: 'tokenRefreshed'; epoch: number; expiresAt: number }
  /** The transport keeps something else for its next connection: the token is stored with it. */
  | { type: 'memoChanged'; epoch: number }
  /** The token has expired, and could not be renewed. */
  | { type: 'tokenExpired'; epoch: number }
  | { type: 'pageReturned' }
  /** Another tab takes the session over. `waits`: until the agent has moved there, or the connection is lost. */
  | { type: 'moveRequested'; requestId: string; sessionId: string; waits: boolean; at: number }
  /** The tab that asked for the session is gone, or has failed. */
  | { type: 'moveCancelled' }
  /** Takes a session over from another tab. */
  | { type: 'takeOverRequested'; requestId: string; sessionId: string; call: TakenCall; at: number }
  /** The other tab has released the session, or is gone. */
  | { type: 'sessionFreed'; sessionId: string; at: number }

export type EventNamed<Type extends Event['type']> = Extract<Event, { type: Type }>

/**
 * Call of a session that is taken over from another tab. `early`: made while the other tab still has the session. `after`: made once it is here.
 * `if-permitted`: the same, if the browser permits the microphone.
 */
export type TakenCall = 'early' | 'after' | 'if-permitted' | 'none'

/** The tab's token, as far as it can be read without the session's key. */
export interface TabToken {
  sessionId: string
  /** Milliseconds since the epoch. */
  expiresAt: number
  isFresh: boolean
}

export type Command =
  | { type: 'openStorage' }
  | { type: 'eraseAll'; taskId: number }
  /** `isErased`: another tab has erased it, so that nothing unsaved may be saved. */
  | { type: 'reopenStorage'; taskId: number; isErased: boolean; place: StoragePlace }
  /** `index`: of the first loaded message of the session. */
  | { type: 'withdrawConsent'; taskId: number; session: { id: string; index: number } | null }
  /** Begins to store a session that is open at the place that was opened last. */
  | { type: 'adoptSession'; sessionId: string; epoch: number; requestIds: readonly string[] }
  | { type: 'readTabToken'; jobId: number }
  | { type: 'openTabToken'; jobId: number; epoch: number }
  /** `sessionId`: asks for the token of this session without one as proof, and accepts no other. */
  | { type: 'getToken'; jobId: number; epoch: number; renew: boolean; sessionId?: string }
  | { type: 'createSession'; jobId: number; epoch: number; sessionId: string }
  | { type: 'checkSession'; jobId: number; sessionId: string }
  | { type: 'readSession'; sessionId: string }
  | { type: 'reloadIfNewer'; sessionId: string }
  | { type: 'releaseSession'; sessionId: string; requestIds: readonly string[] }
  | { type: 'deleteSession'; requestId: string; sessionId: string }
  /** `isOpening`: it is being read, so that it may be open after that. */
  | {
      type: 'renameSession'
      requestId: string
      sessionId: string
      title: string | null
      isOpening: boolean
    }
  /** Saves the open session, whose name was changed. */
  | { type: 'saveRenamed'; requestId: string; sessionId: string }
  | { type: 'queryPermission'; jobId: number }
  | { type: 'flush'; requestId: string }
  | { type: 'readEarlier'; sessionId: string; index: number }
  /** Opens what the call needs besides its session. */
  | { type: 'prepareCall'; callId: string }
  | {
      type: 'startCall'
      callId: string
      epoch: number
      sessionId: string
      isRestored: boolean
      isSwitched: boolean
      /** True while another tab has the agent: it moves at the end of a sentence, and no microphone is opened until then. */
      isHandover: boolean
    }
  /** `isQuiet`: says no goodbye to the agent, which waits for the next connection. */
  | { type: 'stopCall'; callId: string; isQuiet?: true }
  /** Opens the microphone of a call that was made as a handover. */
  | { type: 'openMicrophone'; callId: string }
  | { type: 'control'; callId: string; control: CallControl }
  | { type: 'send'; callId: string; requestId: string | null; message: ClientMessage; isQueued: boolean }
  | { type: 'checkTool'; runId: number; name: string; arguments: unknown }
  | { type: 'recordTool'; runId: number }
  | { type: 'runTool'; runId: number; name: string }
  /** Aborts the tool's signal. */
  | { type: 'abortTool'; runId: number }
  /** The token and the memo of another transport are of no use to this one. */
  | { type: 'expireToken'; epoch: number }
  /** `isForgotten`: what is stored of it as well. */
  | { type: 'dropToken'; epoch: number; isForgotten: boolean }
  | { type: 'saveToken'; epoch: number; sessionId: string }
  /** Takes up the token that another tab has passed on. */
  | { type: 'adoptToken'; epoch: number }
  | { type: 'tell'; fact: Fact }
  /** `isQuiet`: the effect is visible in the state, so the answer needs no action. */
  | { type: 'settle'; requestId: string; error: VoiceAgentError | null; value?: unknown; isQuiet: boolean }

/** Runs the commands of some types. */
export type CommandRunners<Type extends Command['type'] = Command['type']> = {
  [Name in Type]: (command: Extract<Command, { type: Name }>) => void
}
