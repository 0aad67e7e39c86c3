import { createSelector, lruMemoize } from '@reduxjs/toolkit'
import { isCallWanted } from './connection.js'
import { type ConnectionQuality, qualityOf } from './connection-quality.js'
import type { ConversationState } from './conversation-state.js'
import { type ContextMessage, cutOffMessage, type Message, toContextMessage } from './message.js'
import { findRecent } from './message-log.js'
import { completeState, initialState, type VoiceAgentState } from './reducer.js'
import type { SessionState } from './session.js'

type WithMessages = Pick<ConversationState, 'messages'>

const selectFull = /* @__PURE__ */ createSelector([(state: WithMessages) => state.messages.full], (full) =>
  full.flat(),
)

/** Returns all loaded messages, oldest first. The array stays the same until a message changes. */
export const selectAllMessages = /* @__PURE__ */ createSelector(
  [selectFull, (state: WithMessages) => state.messages.tail],
  (full, tail): Message[] => full.concat(tail),
)

/** Returns the user's message that is being transcribed, whose text may still change; null if there is none. */
export function interimOf({
  messages,
  turns,
}: Pick<ConversationState, 'messages' | 'turns'>): Message | null {
  for (const { id } of turns.user.toReversed()) {
    const message = findRecent(messages, id)
    if (message?.status === 'streaming') return message
  }
  return null
}

/** True if earlier messages can be loaded. Lost messages count as unloaded, but can never be loaded. */
export function hasEarlierMessages({
  conversation,
  session,
}: Pick<VoiceAgentState, 'conversation' | 'session'>): boolean {
  const lost = session.restore.lost.reduce((sum, { count }) => sum + count, 0)
  return conversation.firstLoadedIndex > lost
}

/** True if the state shows another tab's conversation. */
export const isMirroring = ({ session: { mirror } }: { session: Pick<SessionState, 'mirror'> }): boolean =>
  mirror !== null && mirror.status !== 'offered'

/** Quality of the connection; `lost` while it is being recovered. Null without a call, or until it has been measured. */
export function connectionQualityOf({ connection, stats }: VoiceAgentState): ConnectionQuality | null {
  if (connection.status === 'reconnecting') return 'lost'
  return connection.status === 'connected' ? qualityOf(stats.network) : null
}

/** Returns the loaded messages that an agent may know. Unsent texts are left out, so that they don't arrive twice. */
export const sentMessages = (conversation: WithMessages): Message[] =>
  selectAllMessages(conversation).filter(({ isUnsent }) => !isUnsent)

/** Returns the last `count` messages as context for a reconnecting agent, with partial messages cut off. */
export function contextOf(conversation: ConversationState, count: number): ContextMessage[] {
  if (count <= 0) return []
  return (
    sentMessages(conversation)
      .slice(-count)
      // A tool call may still be open, so it is described with its current status.
      .map((message) => toContextMessage(message.tool ? message : cutOffMessage(message)))
      .filter((message) => message.text !== '')
  )
}

/** Number of messages in the whole conversation, loaded or not. */
export const countMessages = ({
  firstLoadedIndex,
  messages,
}: Pick<ConversationState, 'firstLoadedIndex' | 'messages'>): number => firstLoadedIndex + messages.count

/** Statistics of the current session. */
export interface SessionStats {
  /** True if a call is established. */
  isActive: boolean
  sessionId: string | null
  /** Number of messages in the whole conversation, loaded or not. */
  messageCount: number
  /** Milliseconds from the session's first call until its last one ended, or until now. */
  duration: number
  reconnectAttempts: number
  /** Milliseconds; 0 if the token has expired, null if there is none. */
  tokenExpiresIn: number | null
}

/** @param now Milliseconds since the epoch. */
export function sessionStatsOf(
  {
    connection,
    conversation,
    session: { id, tokenExpiresAt },
    stats: { startedAt, endedAt, interruptedAt, reconnectAttempts },
  }: VoiceAgentState,
  now: number,
): SessionStats {
  return {
    isActive: connection.status === 'connected',
    sessionId: id,
    messageCount: countMessages(conversation),
    duration: startedAt === null ? 0 : Math.max(0, (endedAt ?? interruptedAt ?? now) - startedAt),
    reconnectAttempts,
    tokenExpiresIn: tokenExpiresAt === null ? null : Math.max(0, tokenExpiresAt - now),
  }
}

/**
 * Selectors of one voice agent. They take the store's whole state, and return initial values until the reducer is injected.
 *
 * @example
 * const messages = useSelector(voiceAgent.selectors.selectMessages)
 */
export function createVoiceAgentSelectors<const Path extends string = string>(
  path: Path,
): VoiceAgentSelectors<Path> {
  return createUntypedSelectors(path) as unknown as VoiceAgentSelectors<Path>
}

function createUntypedSelectors(path: string) {
  // Time travel may show a state from before the reducer was injected.
  const selectVoiceAgent = (state: unknown) =>
    completeState((state as Record<string, VoiceAgentState | undefined>)[path] ?? initialState)
  const selectConnection = (state: unknown) => selectVoiceAgent(state).connection
  const selectConversation = (state: unknown) => selectVoiceAgent(state).conversation
  const selectSession = (state: unknown) => selectVoiceAgent(state).session
  const selectStats = (state: unknown) => selectVoiceAgent(state).stats

  const selectMessages = (state: unknown): Message[] => selectAllMessages(selectConversation(state))
  // Keeps only the last result. `createSelector` would keep one for each `now` while the state stays the same.
  const statsOf = lruMemoize(sessionStatsOf)

  return {
    selectVoiceAgent,
    selectConnection,
    selectConversation,
    selectSession,
    selectStats,
    selectConnectionStatus: (state: unknown) => selectConnection(state).status,
    selectConversationStatus: (state: unknown) => selectConversation(state).status,
    selectInterimTranscript: (state: unknown) => interimOf(selectConversation(state)),
    /** Unsent text in the composer; empty if there is none. */
    selectDraft: (state: unknown) => selectConversation(state).draft,
    selectMessages,
    selectMessageCount: (state: unknown) => countMessages(selectConversation(state)),
    /** True if stored messages can still be loaded. Lost messages don't count. */
    selectHasEarlierMessages: (state: unknown) => hasEarlierMessages(selectVoiceAgent(state)),
    selectRestore: (state: unknown) => selectSession(state).restore,
    selectIsSessionRestored: (state: unknown) => selectSession(state).restore.conversation === 'restored',
    selectIsCallWanted: (state: unknown) => isCallWanted(selectConnection(state).status),
    /** Quality of the connection over the last five seconds; null without a call, or until it has been measured. */
    selectConnectionQuality: (state: unknown) => connectionQualityOf(selectVoiceAgent(state)),
    /** Returns the call's error, else the session's. */
    selectError: createSelector(
      [selectConnection, selectSession],
      (connection, session) => connection.error ?? session.error,
    ),
    /** Returns the last `count` messages as context for a reconnecting agent, with partial messages cut off. */
    selectContext: createSelector([selectConversation, (_state: unknown, count: number) => count], contextOf),
    /** @param now Milliseconds since the epoch. Passed in, because selectors must be pure. */
    selectSessionStats: (state: unknown, now: number) => statsOf(selectVoiceAgent(state), now),
  }
}

type UntypedSelectors = ReturnType<typeof createUntypedSelectors>

/**
 * State of a store with the agent mounted at `Path`, even before the reducer is injected. If the path's type is not a literal, the state is
 * not checked.
 */
export type StateWithAgent<Path extends string> = string extends Path
  ? // biome-ignore lint/suspicious/noExplicitAny: an agent with a known path must be assignable to one with any path.
    any
  : { readonly [Key in Path]?: VoiceAgentState }

type Rest<Selector> = Selector extends (state: never, ...rest: infer Others) => unknown ? Others : never
type Result<Selector> = Selector extends (...args: never) => infer Value ? Value : never

/** Selectors of one voice agent. They take the state of the store that it is mounted in. */
export type VoiceAgentSelectors<Path extends string = string> = {
  readonly [Name in keyof UntypedSelectors]: (
    state: StateWithAgent<Path>,
    ...rest: Rest<UntypedSelectors[Name]>
  ) => Result<UntypedSelectors[Name]>
}
