import type {
  AgentContinuation,
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
import type { MessageRange, StoragePlace, StoredSession } from '../drivers/storage/ports.js'

/**
 * State of the page's work, as plain data: the only source that decisions read.
 * The slices are its copy for views, which DevTools may turn back and an app may reset.
 */
export interface Live {
  storage: 'closed' | 'opening' | 'open'
  /** Work on the whole storage, in its order: erasing it, or opening it at another place. Sessions wait for all of it. */
  tasks: readonly StorageTask[]
  /** True if sessions may be stored; null if this agent stores none at all. */
  consent: boolean | null
  /** Known once the storage is open. */
  tab: { id: string; isDuplicate: boolean } | null
  /** Last report of the storage, for the state after a reset. */
  report: { storage: StorageStatus; error: VoiceError | null }
  /** Number of the session slot's owner. A token, or an answer, of an earlier owner is dropped. */
  epoch: number
  /** The session that is open in this page. */
  session: { id: string } | null
  /** The session intent under way: one at a time, and a later one supersedes it. */
  job: RestoreJob | CreateJob | null
  call: LiveCall | null
  /** Ids of stored sessions that are being read: a second read of one would race with the release of the first. */
  reading: readonly string[]
  /** The part of the conversation that is being loaded, with the requests that wait for it. */
  earlier: { sessionId: string; index: number; requestIds: readonly string[] } | null
  /** Sessions that were deleted on this page: the tab's token may still name one. */
  deleted: readonly string[]
  /** The request of another tab for this session. Unless it `isDue`, it waits until the agent has moved to that tab. Null for none. */
  moving: { requestId: string; isDue: boolean; at: number } | null
  /** True if the transport was switched since the last call: the next agent knows nothing of this session. */
  isSwitched: boolean
  /** Names of the app's tools. */
  toolNames: readonly string[]
  /** The tool calls of the open session; null before the first. */
  tools: LiveTools | null
  /** Makes ids of calls, jobs and runs of tools. */
  ids: number
}

export interface StorageTask {
  id: number
  kind: 'erase' | 'reopen' | 'consent'
  /** Requests that are answered when it is done. */
  requestIds: readonly string[]
}

/** Brings a stored session back. */
export interface RestoreJob {
  kind: 'restore'
  id: number
  requestIds: readonly string[]
  /** Null until the tab's token names it. */
  sessionId: string | null
  /** True for the session of this tab's token. */
  isOfTab: boolean
  /** When to call in a session that is taken over from another tab; if that fails, no other one takes its place. Null for any other. */
  taken: TakenCall | null
  /** False when the caller wants no call, or the user has ended it. */
  isCallAllowed: boolean
  /** True if a call was established when the session was left, or was requested on a previous page. */
  isCallDue: boolean
  /** Requests for a call that wait for it, while another session is open. */
  connectIds: readonly string[]
  /** When the tab's token expires, in milliseconds since the epoch; null if it must be renewed first. */
  tokenExpiresAt: number | null
  /**
   * The tab's token, which is opened and renewed while the session is read. `none`: the restoration has none.
   * `unreadable`: it can't be decrypted; once the session is shown, another one is requested for it (`requested`).
   */
  token: 'none' | 'opening' | 'refreshing' | 'unreadable' | 'requested' | 'ready' | 'failed'
  /** Reason why there is no token for now; null unless it is `failed`. */
  tokenReason: RestoreReason | null
  /** Texts that were still to be sent when the page of the session was left. */
  unsent: readonly QueuedMessage[]
  /** Reason why no call follows, told once the token is settled. */
  noCallReason: RestoreReason | null
  /**
   * `handover`: the call is being made while another tab still has the session. From `permission` on the session is shown. `due`: a call is
   * permitted, and begins once the token is open.
   * `idle`: no call follows.
   */
  step: 'handover' | 'storage' | 'checking' | 'token' | 'reading' | 'permission' | 'due' | 'calling' | 'idle'
}

/** Makes a new session: for a call, for `createSession()`, or in place of one that can't be restored. */
export interface CreateJob {
  kind: 'create'
  id: number
  requestIds: readonly string[]
  step: 'storage' | 'token' | 'creating'
  /** The restoration that failed, which is settled after it. */
  failed: FailedRestore | null
}

export interface FailedRestore {
  requestIds: readonly string[]
  reason: RestoreReason
  error: VoiceError | null
}

/** One call: from *Start* to *End*, over as many connections as it takes. */
export interface LiveCall {
  id: string
  /** `waiting`: until there is a session. `interrupted`: its connection may recover. `lost`: between two connections. */
  status: 'waiting' | 'connecting' | 'connected' | 'interrupted' | 'lost'
  /** True for a call from before a reload. */
  isRestored: boolean
  /** True once its media may be open. */
  isPrepared: boolean
  /**
   * Set while the call is being made beside the session that job `jobId` makes: its reports wait for the session. `isTokenChanged`: the token, or
   * its memo, must be stored then.
   */
  early: { jobId: number; facts: readonly Fact[]; isTokenChanged: boolean; isSwitched: boolean } | null
  /** How the agent continued when this call was last established. */
  agent: AgentContinuation | null
  /** Requests that are answered when it is connected, or over. */
  requestIds: readonly string[]
  /** The press to talk that lasts: the media of the call may begin after it. */
  press: EventNamed<'startTalkingRequested'> | null
  /** Id of the last attempt to connect. */
  attemptId: string | null
  /** Reports about tool calls from attempts that are not established, in their order. No tool runs for an agent that is not reached. */
  held: readonly { attemptId: string | null; fact: ToolFact }[]
  /** Messages that wait for a connection, with the requests that sent them. */
  outbox: readonly QueuedMessage[]
  /** Texts that were sent over the present connection, until the agent acknowledges them. */
  sent: readonly TextMessage[]
  /** The last text that the agent of the present connection has received; undefined if it has not told. */
  lastTextId?: string | null | undefined
}

/** A tool call of the open session. */
export interface LiveTool {
  id: string
  /** Unlike the provider's id, never used twice in a page. */
  runId: number
  name: string
  arguments: unknown
  /** False for a tool of the agent's own, which its provider only reports. */
  isOwn: boolean
  /** Number of the agent that made the call. */
  agent: number
  /** From `running` on it may have taken effect. */
  step: 'checking' | 'approval' | 'recording' | 'running' | 'done'
  /** The agent no longer waits for the outcome: it was told that it is unknown, or took the call back. */
  isLate: boolean
  /** The agent need not react to the outcome, because the user interrupted. */
  isQuiet: boolean
  /** The context of the last attempt to connect names the call. */
  isInContext: boolean
  /** Message that the agent has not confirmed. */
  owed: {
    message: ToolMessage
    isSent: boolean
    /** True if the context of the present attempt to connect tells it. */
    isInContext: boolean
  } | null
}

export interface LiveTools {
  sessionId: string
  /** Number of the present agent. An agent without memory is another one. */
  agent: number
  /** Ids of calls from before this page. None of them is run again. */
  earlierIds: readonly string[]
  calls: readonly LiveTool[]
}

/** A message about a tool call to its agent. */
export type ToolMessage = Extract<ClientMessage, { type: 'tool-answer' | 'tool-approval' }>

export type TextMessage = Extract<ClientMessage, { type: 'text' }>

/** A message that waits for a connection. */
export interface QueuedMessage {
  /** Null if its request was answered before. */
  requestId: string | null
  message: ClientMessage
  /**
   * Set on a text that an agent may have received: `sent` over a connection that is lost, or `restored` with a session whose page was left
   * before it knew.
   */
  doubt?: 'sent' | 'restored'
}

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
      isCallDue: boolean
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
  /**
   * Another tab takes the session over. `waits`: until the agent has moved there, or the connection is lost.
   */
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

export const initialLive: Live = {
  storage: 'closed',
  tasks: [],
  consent: null,
  tab: null,
  report: { storage: 'memory', error: null },
  epoch: 0,
  session: null,
  job: null,
  call: null,
  reading: [],
  earlier: null,
  deleted: [],
  moving: null,
  isSwitched: false,
  toolNames: [],
  tools: null,
  ids: 0,
}
