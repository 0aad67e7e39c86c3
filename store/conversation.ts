import { createReducer, type Draft, isDraft, original, type Reducer } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import {
  type ConversationDraft,
  type ConversationState,
  initialConversation,
  noTurns,
  type OpenTurns,
} from './conversation-state.js'
import { cutOffMessage, isBlankTurn, type Message } from './message.js'
import {
  appendMessage,
  changeLog,
  findRecent,
  type MessageLog,
  plainLog,
  prependMessages,
  recentMessages,
  toMessageLog,
  toMessages,
  updateMessage,
} from './message-log.js'
import { abandonText, confirmText, findMessage, moveToEnd, queueText } from './outbox.js'
import { addToolCases, giveUpToolCalls, toolsWith } from './tool-cases.js'
import type { ConversationStatus } from './types.js'
import {
  addTranscript,
  answerBegun,
  answerOver,
  giveUpAnswers,
  giveUpWords,
  isAnswerDue,
  isTranscriptDue,
  isUserSpeaking,
  type Speech,
  startSpeech,
  stopSpeech,
  type UserTurn,
} from './user-turns.js'

/** Milliseconds without any event from the agent after which to give up. The event that ends a turn may be lost, or never sent. */
const limits = {
  /** Missing words of an ended user turn. */
  transcript: 5_000,
  answer: 30_000,
  /** Missing end of the user's speech, or of a silent agent turn. */
  turn: 60_000,
  /** Missing end of the agent's speech. Longer, because a long text may be spoken without events. */
  speech: 120_000,
}

/** Milliseconds without an event from the agent at which `conversationQuiet` is due. */
export const quietTimes: readonly number[] = Object.values(limits)

function statusOf({
  isCallOn,
  user,
  agent,
  approvals,
  isAgentSpeaking,
  isTextUnanswered,
}: OpenTurns): ConversationStatus {
  if (!isCallOn) return 'idle'
  if (isAgentSpeaking) return 'speaking'
  if (isUserSpeaking(user)) return 'listening'
  if (agent.length > 0) return 'processing'
  // While an approval is pending, the agent waits for the user.
  const isAgentDue = approvals.length === 0 && (isTextUnanswered || isAnswerDue(user))
  return isAgentDue || isTranscriptDue(user) ? 'processing' : 'listening'
}

/** Derives the open turns from the messages, for a state of an earlier version that has no `turns`. */
export function turnsIn(messages: MessageLog, isCallOn: boolean): OpenTurns {
  if (!isCallOn) return noTurns
  const answers = recentMessages(messages).filter(
    ({ role, status }) => role === 'assistant' && status === 'streaming',
  )
  return {
    ...noTurns,
    isCallOn,
    agent: [...toolsWith(messages, 'running'), ...answers.map(({ id }) => id)],
    approvals: toolsWith(messages, 'awaiting-approval'),
  }
}

function add(state: ConversationDraft, message: Message) {
  changeLog(state, (log) => appendMessage(log, message))
}

/** Changes the user's turns and their messages. */
function changeSpeech(state: ConversationDraft, change: (speech: Speech) => Speech) {
  const { user } = state.turns
  const userTurns = isDraft(user) ? (original(user) as UserTurn[]) : user
  const changed = change({ log: plainLog(state), userTurns })
  changeLog(state, () => changed.log)
  state.turns.user = changed.userTurns as Draft<UserTurn>[]
}

function beginAgentTurn({ turns }: ConversationDraft, id: string) {
  if (!turns.agent.includes(id)) turns.agent.push(id)
}

function endAgentTurn({ turns }: ConversationDraft, id: string) {
  turns.agent = turns.agent.filter((other) => other !== id)
}

/** Joins an earlier draft with text that was typed later. */
export const joinDrafts = (stored: string, typed: string) =>
  stored === typed || typed === '' ? stored : stored === '' ? typed : `${stored}\n${typed}`

/** Changes a turn that is still streaming. Ignores late events. */
function changeStreaming(state: ConversationDraft, id: string, change: (message: Message) => Message | null) {
  changeLog(state, (log) =>
    updateMessage(log, id, (message) => (message.status === 'streaming' ? change(message) : message)),
  )
}

function finishTurn(state: ConversationDraft, id: string, status: 'final' | 'interrupted') {
  endAgentTurn(state, id)
  // Removes a turn that was cut off before its first word, because there is nothing to show.
  changeStreaming(state, id, (message) => (message.text === '' ? null : { ...message, status }))
}

/** Ends all open turns, because this connection delivers no more text. Partial text is kept, both the user's and the agent's. */
function cutOffTurns(state: ConversationDraft) {
  changeSpeech(state, (speech) => giveUpWords(speech, 'all'))
  for (const { id, status, tool } of recentMessages(plainLog(state))) {
    // A lost connection doesn't cancel a tool call.
    if (status === 'streaming' && !tool) finishTurn(state, id, 'interrupted')
  }
  state.turns = noTurns as Draft<OpenTurns>
}

function giveUpAnswer(state: ConversationDraft) {
  state.turns.isTextUnanswered = false
  changeSpeech(state, giveUpAnswers)
}

/** Gives up turns that should have ended by now. The app's tools have their own time limit. */
function giveUp(state: ConversationDraft, quietMs: number) {
  const { turns } = state
  if (quietMs >= limits.transcript) {
    changeSpeech(state, (speech) => giveUpWords(speech, quietMs >= limits.turn ? 'all' : 'ended'))
  }
  if (quietMs >= limits.answer) giveUpAnswer(state)
  if (quietMs >= limits.speech) turns.isAgentSpeaking = false
  if (quietMs < limits.turn || turns.isAgentSpeaking) return
  for (const id of [...turns.agent]) {
    if (!findRecent(plainLog(state), id)?.tool) finishTurn(state, id, 'final')
    else if (quietMs >= limits.speech) endAgentTurn(state, id)
  }
}

/** Changes a text's mark and the outbox. */
function markText(state: ConversationDraft, id: string, mark: typeof queueText) {
  const { messages, outbox } = mark({ messages: plainLog(state), outbox: state.outbox }, id)
  changeLog(state, () => messages)
  state.outbox = outbox as string[]
}

/** Ends all open turns of a call that has ended: its waiting texts are shown as not sent, and its tool calls are given up. */
function endTurns(state: ConversationDraft) {
  cutOffTurns(state)
  changeLog(state, giveUpToolCalls)
  state.outbox = []
}

export function createConversationReducer(actions: VoiceAgentActions): Reducer<ConversationState> {
  const reducer = createMessagesReducer(actions)
  // Outside Immer, because another draft would cost as much as a text delta.
  return (state, action) => {
    const next = reducer(state, action)
    if (next.turns === state?.turns) return next
    const status = statusOf(next.turns)
    return status === next.status ? next : { ...next, status }
  }
}

/** Computes everything except the status. */
function createMessagesReducer(actions: VoiceAgentActions) {
  return createReducer(initialConversation, (builder) => {
    addToolCases(builder, actions)
    builder
      // A failed attempt may have left open turns.
      .addCase(actions.connectionAttempted, cutOffTurns)
      .addCase(actions.connectionEstablished, (state) => {
        const { turns } = state
        turns.isCallOn = true
        // Waiting texts are sent now.
        turns.isTextUnanswered = state.outbox.length > 0
        // Turns may have begun before the transport reported that it is connected.
        turns.agent = [...new Set([...turns.agent, ...toolsWith(plainLog(state), 'running')])]
        turns.approvals = toolsWith(plainLog(state), 'awaiting-approval')
      })
      .addCase(actions.connectionLost, cutOffTurns)
      .addCase(actions.connectionReplaced, cutOffTurns)
      .addCase(actions.connectionFailed, endTurns)
      .addCase(actions.connectionClosed, endTurns)
      .addCase(actions.sendTextRequested, (state, { payload }) => {
        const message: Message = {
          id: payload.id,
          role: 'user',
          text: payload.text,
          status: 'final',
          createdAt: payload.at,
        }
        add(state, message)
        // Cleared in the same action, so that no save or crash can leave a draft that was already sent.
        if (state.draft.trim() === payload.text.trim()) state.draft = ''
        state.turns.isTextUnanswered = true
        // Words transcribed from now on belong after this text.
        changeSpeech(state, answerOver)
      })
      .addCase(actions.interruptRequested, giveUpAnswer)
      .addCase(actions.startTalkingRequested, giveUpAnswer)
      .addCase(actions.textRefused, (state, { payload }) => {
        changeLog(state, (log) => updateMessage(log, payload.id, () => null))
        markText(state, payload.id, abandonText)
        state.turns.isTextUnanswered = false
      })
      .addCase(actions.resendTextRequested, (state, { payload, meta }) => {
        state.turns.isTextUnanswered = state.turns.isCallOn
        const log = plainLog(state)
        const isRestored =
          toMessages(log).findIndex(({ id }) => id === payload.id) <
          state.restoredCount - state.firstLoadedIndex
        const moved = moveToEnd(log, payload.id, meta.at)
        if (!moved) return
        changeLog(state, () => moved)
        // Words transcribed from now on belong after this text.
        changeSpeech(state, answerOver)
        if (isRestored) state.restoredCount--
      })
      .addCase(actions.textQueued, (state, { payload }) => markText(state, payload.id, queueText))
      .addCase(actions.textSent, (state, { payload }) => markText(state, payload.id, confirmText))
      .addCase(actions.textNotSent, (state, { payload }) => {
        markText(state, payload.id, abandonText)
        // No agent received it, so no answer will follow.
        if (state.outbox.length === 0) state.turns.isTextUnanswered = false
      })
      .addCase(actions.draftChanged, (state, { payload }) => {
        state.draft = payload.text
      })
      .addCase(actions.userSpeechStarted, (state, { payload }) => {
        state.turns.isTextUnanswered = false
        changeSpeech(state, (speech) => startSpeech(speech, payload))
      })
      .addCase(actions.userSpeechStopped, (state, { payload }) => {
        changeSpeech(state, (speech) => stopSpeech(speech, payload))
      })
      .addCase(actions.userTranscriptReceived, (state, { payload }) => {
        changeSpeech(state, (speech) => addTranscript(speech, payload))
      })
      .addCase(actions.assistantTurnStarted, (state, { payload }) => {
        changeSpeech(state, answerBegun)
        state.turns.isTextUnanswered = false
        beginAgentTurn(state, payload.turnId)
        add(state, {
          id: payload.turnId,
          role: 'assistant',
          text: '',
          status: 'streaming',
          createdAt: payload.at,
        })
      })
      .addCase(actions.assistantTextAppended, (state, { payload }) => {
        changeStreaming(state, payload.turnId, (message) => ({
          ...message,
          text: message.text + payload.delta,
        }))
      })
      .addCase(actions.assistantTextReplaced, (state, { payload }) => {
        changeStreaming(state, payload.turnId, (message) => ({ ...message, text: payload.text }))
      })
      .addCase(actions.assistantTurnCompleted, (state, { payload }) => {
        finishTurn(state, payload.turnId, 'final')
        changeSpeech(state, answerOver)
      })
      .addCase(actions.assistantTurnInterrupted, (state, { payload }) => {
        // Interrupted before its turn began, the agent will not answer.
        if (!state.turns.agent.includes(payload.turnId)) giveUpAnswer(state)
        finishTurn(state, payload.turnId, 'interrupted')
        changeSpeech(state, answerOver)
      })
      .addCase(actions.assistantSpeechStarted, (state) => {
        state.turns.isAgentSpeaking = true
        changeSpeech(state, answerBegun)
        // Speech without text also counts as an answer. A text typed while the agent is speaking waits for the next answer.
        if (state.turns.agent.length === 0) state.turns.isTextUnanswered = false
      })
      .addCase(actions.assistantSpeechStopped, ({ turns }) => {
        turns.isAgentSpeaking = false
      })
      .addCase(actions.conversationQuiet, (state, { payload }) => giveUp(state, payload.quietMs))
      .addCase(actions.sessionRehydrated, (state, { payload }) => {
        const messages = payload.messages.filter((message) => !isBlankTurn(message)).map(cutOffMessage)
        const known = new Set(messages.map(({ id }) => id))
        // Texts waiting for this session's call follow its stored messages.
        const queued = toMessages(plainLog(state)).filter(
          ({ id }) => payload.queuedTextIds?.includes(id) && !known.has(id),
        )
        changeLog(state, () => toMessageLog(messages))
        state.toolCallIds = [...(payload.toolCallIds ?? [])]
        state.turns.user = []
        state.firstLoadedIndex = payload.firstLoadedIndex
        state.restoredCount = payload.firstLoadedIndex + plainLog(state).count
        for (const message of queued) add(state, message)
        // After a return from the back/forward cache, stored texts may still be waiting.
        state.outbox = payload.queuedTextIds?.filter((id) => findMessage(plainLog(state), id)) ?? []
        const stored = payload.draft ?? ''
        // Text typed on this page while the session was loading follows its stored draft.
        state.draft = payload.isReload ? stored : joinDrafts(stored, state.draft)
      })
      .addCase(actions.earlierMessagesLoaded, (state, { payload }) => {
        // Ignores late results: messages must end where the loaded part begins.
        if (payload.firstLoadedIndex + payload.messages.length !== state.firstLoadedIndex) return
        changeLog(state, (log) => prependMessages(log, payload.messages.map(cutOffMessage)))
        state.firstLoadedIndex = payload.firstLoadedIndex
      })
      .addCase(actions.sessionEnded, () => initialConversation)
      .addCase(actions.agentReset, () => initialConversation)
  })
}
