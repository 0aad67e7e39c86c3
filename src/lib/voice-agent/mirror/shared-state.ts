import type { Reducer, UnknownAction } from '@reduxjs/toolkit'
import {
  type ConnectionState,
  type ConversationState,
  cutOffMessage,
  lastOf,
  type Message,
  type MirrorState,
  recentMessages,
  type SessionState,
  type StatsState,
  toMessageLog,
  type VoiceAgentState,
} from '../../../../store/index.js'

/** An agent's action, by name, without its reducer's path. */
export interface SharedAction {
  name: string
  payload?: unknown
  meta?: unknown
}

/** The owner's state that a mirror starts with, with only the last messages. */
export interface SharedState {
  connection: ConnectionState
  conversation: Omit<ConversationState, 'messages' | 'draft'> & { messages: Message[] }
  session: Pick<
    SessionState,
    'id' | 'createdAt' | 'title' | 'keyProtection' | 'lastSavedAt' | 'storage' | 'error' | 'restore'
  >
  stats: StatsState
}

/** Payload of the action that applies the owner's posts to a mirror's state. */
export interface Received {
  /** Replaces the shared parts of the state. */
  shared?: SharedState
  /** Applied after that, in order. */
  actions?: SharedAction[]
  /** Messages that the previous owner showed and may not have saved. Messages after the last known one are added. */
  unsaved?: Message[]
  /** New value of `session.mirror`. @default unchanged */
  mirror?: MirrorState | null
}

/** Name of that action, under the agent's path. */
export const RECEIVED = 'mirrorReceived'

/** Copies the state that a mirror shows, at a cost that does not grow with the conversation. */
export function shareState({ connection, conversation, session, stats }: VoiceAgentState): SharedState {
  const { draft: _, ...rest } = conversation
  const messages = recentMessages(conversation.messages)
  const unshared = conversation.messages.count - messages.length
  const { id, createdAt, title, keyProtection, lastSavedAt, storage, error, restore } = session
  return {
    connection,
    conversation: { ...rest, messages, firstLoadedIndex: conversation.firstLoadedIndex + unshared },
    session: { id, createdAt, title, keyProtection, lastSavedAt, storage, error, restore },
    stats,
  }
}

function takeUp(state: VoiceAgentState, { connection, conversation, session, stats }: SharedState) {
  const { messages, ...rest } = conversation
  return {
    connection,
    // Each tab has its own draft.
    conversation: { ...rest, messages: toMessageLog(messages), draft: state.conversation.draft },
    session: { ...state.session, ...session },
    stats,
  }
}

/** Adds messages that are not on disk, as they were shown. */
function addUnsaved(state: VoiceAgentState, shown: readonly Message[]): VoiceAgentState {
  const { conversation, session } = state
  const last = lastOf(conversation.messages)
  const known = last ? shown.findLastIndex(({ id }) => id === last.id) : -1
  if (last && known < 0) return state
  const added = shown.slice(known + 1).filter(({ text, tool }) => text !== '' && !tool)
  if (added.length === 0) return state
  const { full, tail } = conversation.messages
  const messages = toMessageLog([...full.flat(), ...tail, ...added.map(cutOffMessage)])
  return {
    ...state,
    conversation: { ...conversation, messages },
    // Makes the storage save them.
    session: { ...session, revision: session.revision + 1 },
  }
}

/** Summarises the parts that a user sees, so that a mirror detects if it shows something else. */
export function summarize({ connection, conversation }: VoiceAgentState): string {
  const { messages, firstLoadedIndex, status, outbox } = conversation
  const last = lastOf(messages)
  const shown = last ? [last.id, last.text.length, last.status] : []
  const { isMuted, microphone } = connection
  return [
    firstLoadedIndex + messages.count,
    connection.status,
    status,
    microphone,
    isMuted,
    outbox.length,
    ...shown,
  ].join()
}

/** Adds the action {@link RECEIVED} to a reducer. */
export function withReceived(reducer: Reducer<VoiceAgentState>, path: string): Reducer<VoiceAgentState> {
  const type = `${path}/${RECEIVED}`
  return (state, action) => {
    if (action.type !== type) return reducer(state, action)
    const { shared, actions = [], unsaved, mirror } = (action as UnknownAction).payload as Received
    let next = state ?? reducer(undefined, action)
    if (shared) next = takeUp(next, shared)
    for (const { name, ...rest } of actions) next = reducer(next, { type: `${path}/${name}`, ...rest })
    if (unsaved) next = addUnsaved(next, unsaved)
    return mirror === undefined ? next : { ...next, session: { ...next.session, mirror } }
  }
}

/** Actions that concern only the owner's page, or don't change the state. */
const unshared = new Set([
  'tabIdentified',
  'restorePhaseChanged',
  'restoreSettled',
  'restoreRequested',
  'earlierMessagesRequested',
  'earlierMessagesLoaded',
  'draftChanged',
  'requestSettled',
  'agentMessageReceived',
  'tokenRefreshed',
  'sessionExpired',
  'sessionsDeleted',
  'allErased',
  'sessionCreated',
  'sessionRehydrated',
  'sessionEnded',
  'sessionDiscarded',
  'agentReset',
  RECEIVED,
])

/** Returns the action in the form that mirrors receive; null for an action that they don't receive. */
export function toShared(action: UnknownAction, path: string): SharedAction | null {
  const name = action.type.slice(path.length + 1)
  if (unshared.has(name)) return null
  const { payload, meta } = action
  return {
    name,
    ...(payload === undefined ? {} : { payload }),
    ...(meta === undefined ? {} : { meta }),
  }
}
