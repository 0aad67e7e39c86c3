import type {
  AgentContinuation,
  RestoreReason,
  StorageStatus,
  VoiceAgentError,
  VoiceError,
} from '../../store/index.js'
import type { ClientMessage } from '../drivers/call/ports.js'
import type { Command, EventNamed, Fact, TakenCall, ToolFact } from './events.js'

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

/** One step of the transition: the record as it becomes, and the commands to run. */
export interface Turn {
  live: Live
  commands: Command[]
}

export function tell<Name extends Fact['name']>(
  turn: Turn,
  name: Name,
  payload: Extract<Fact, { name: Name }>['payload'],
): void {
  turn.commands.push({ type: 'tell', fact: { name, payload } as Fact })
}

/** Answers requests. The code that takes a request id out of the record must call this exactly once. */
export function settle(
  turn: Turn,
  requestIds: readonly string[],
  error: VoiceAgentError | null = null,
  value?: unknown,
): void {
  for (const requestId of requestIds)
    turn.commands.push({ type: 'settle', requestId, error, value, isQuiet: false })
}

/** Answers a request whose effect is visible in the state. */
export function settleQuietly(turn: Turn, requestId: string): void {
  turn.commands.push({ type: 'settle', requestId, error: null, isQuiet: true })
}

export function nextId(turn: Turn): number {
  turn.live.ids++
  return turn.live.ids
}

/** Passes the session slot on: what was asked for its earlier owner is dropped when it comes. */
export function beginEpoch(turn: Turn, { isForgotten }: { isForgotten: boolean }): void {
  turn.live.epoch++
  turn.commands.push({ type: 'dropToken', epoch: turn.live.epoch, isForgotten })
}
