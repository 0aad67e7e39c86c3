import { createSlice, type Draft, isDraft, original, type Reducer } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import { type ConversationState, initialConversation, noTurns, type OpenTurns } from './conversation-state.js'
import { isBlankTurn, type Message, settleMessage } from './message.js'
import {
  appendMessage,
  findRecent,
  type MessageLog,
  prependMessages,
  recentMessages,
  toMessageLog,
  toMessages,
  updateMessage,
} from './message-log.js'
import { abandonText, findMessage, moveToEnd, queueText, settleText } from './outbox.js'
import { addToolCases, settleToolCalls, toolsWith } from './tool-cases.js'
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

/** Milliseconds without any event of the agent after which something is given up: the event that ends it was lost, or never sent. */
const limits = {
  /** Words of a turn that the user has ended. */
  transcript: 5_000,
  answer: 30_000,
  /** The end of the user's speech, and of an agent's turn that is not heard. */
  turn: 60_000,
  /** The end of the agent's speech: a long text may be spoken without events. */
  speech: 120_000,
}

/** Times without an event of the agent, in milliseconds, at which `conversationQuiet` is due. */
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
  // The agent waits for the user, whatever it was asked before.
  const isAgentDue = approvals.length === 0 && (isTextUnanswered || isAnswerDue(user))
  return isAgentDue || isTranscriptDue(user) ? 'processing' : 'listening'
}

/** The turns of a state that does not name them, by its messages. */
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

type State = Draft<ConversationState>

/** Returns the original log, because an Immer draft of every message read would cost more than all other work. */
function plainLog({ messages }: State): MessageLog {
  return isDraft(messages) ? (original(messages) as MessageLog) : messages
}

function setLog(state: State, log: MessageLog) {
  state.messages = log as Draft<MessageLog>
}

function add(state: State, message: Message) {
  setLog(state, appendMessage(plainLog(state), message))
}

/** Changes the user's turns, and their messages. */
function changeSpeech(state: State, change: (speech: Speech) => Speech) {
  const { user } = state.turns
  const userTurns = isDraft(user) ? (original(user) as UserTurn[]) : user
  const changed = change({ log: plainLog(state), userTurns })
  setLog(state, changed.log)
  state.turns.user = changed.userTurns as Draft<UserTurn>[]
}

function beginAgentTurn({ turns }: State, id: string) {
  if (!turns.agent.includes(id)) turns.agent.push(id)
}

function endAgentTurn({ turns }: State, id: string) {
  turns.agent = turns.agent.filter((other) => other !== id)
}

const joinDrafts = (stored: string, typed: string) =>
  stored === typed || typed === '' ? stored : stored === '' ? typed : `${stored}\n${typed}`

/** Changes a turn that is still streaming; ignores late events. */
function changeStreaming(state: State, id: string, change: (message: Message) => Message | null) {
  setLog(
    state,
    updateMessage(plainLog(state), id, (message) =>
      message.status === 'streaming' ? change(message) : message,
    ),
  )
}

function finishTurn(state: State, id: string, status: 'final' | 'interrupted') {
  endAgentTurn(state, id)
  // A turn that was cut off before its first word is removed: it has nothing to show.
  changeStreaming(state, id, (message) => (message.text === '' ? null : { ...message, status }))
}

/** Ends all open turns, because this call can deliver no more text. Half-finished words are kept, the user's and the agent's. */
function settle(state: State) {
  changeSpeech(state, (speech) => giveUpWords(speech, 'all'))
  for (const { id, status, tool } of recentMessages(plainLog(state))) {
    // A tool is not cancelled because the connection was lost.
    if (status === 'streaming' && !tool) finishTurn(state, id, 'interrupted')
  }
  state.turns = noTurns as Draft<OpenTurns>
}

function giveUpAnswer(state: State) {
  state.turns.isTextUnanswered = false
  changeSpeech(state, giveUpAnswers)
}

/** Gives up turns that should have ended by now. A tool of the app has a time limit of its own. */
function giveUp(state: State, quietMs: number) {
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

/** Changes the mark of a text, and the outbox. */
function markText(state: State, id: string, mark: typeof queueText) {
  const { messages, outbox } = mark({ messages: plainLog(state), outbox: state.outbox }, id)
  setLog(state, messages)
  state.outbox = outbox as string[]
}

/** Texts that wait for a call that is over are shown as not sent, and its tool calls are settled. */
function settleForGood(state: State) {
  settle(state)
  setLog(state, settleToolCalls(plainLog(state)))
  state.outbox = []
}

export function createConversationReducer(
  path: string,
  actions: VoiceAgentActions,
): Reducer<ConversationState> {
  const { reducer } = createConversationSlice(path, actions)
  // Outside of Immer, because a draft more would cost as much as a delta of text.
  return (state, action) => {
    const next = reducer(state, action)
    if (next.turns === state?.turns) return next
    const status = statusOf(next.turns)
    return status === next.status ? next : { ...next, status }
  }
}

function createConversationSlice(path: string, actions: VoiceAgentActions) {
  return createSlice({
    name: `${path}/conversation`,
    initialState: initialConversation,
    reducers: {},
    extraReducers: (builder) => {
      addToolCases(builder, actions, (state, change) => setLog(state, change(plainLog(state))))
      builder
        // An attempt that failed may have begun turns.
        .addCase(actions.connectionAttempted, settle)
        .addCase(actions.connectionEstablished, (state) => {
          const { turns } = state
          turns.isCallOn = true
          // Texts that waited are sent now.
          turns.isTextUnanswered = state.outbox.length > 0
          // Turns may have begun before the transport said that it is connected.
          turns.agent = [...new Set([...turns.agent, ...toolsWith(plainLog(state), 'running')])]
          turns.approvals = toolsWith(plainLog(state), 'awaiting-approval')
        })
        .addCase(actions.connectionLost, settle)
        .addCase(actions.connectionReplaced, settle)
        .addCase(actions.connectionFailed, settleForGood)
        .addCase(actions.connectionClosed, settleForGood)
        .addCase(actions.sendTextRequested, (state, { payload }) => {
          const message: Message = {
            id: payload.id,
            role: 'user',
            text: payload.text,
            status: 'final',
            createdAt: payload.at,
          }
          add(state, message)
          // In the same action, so that no save and no crash can keep a draft that was sent.
          if (state.draft.trim() === payload.text.trim()) state.draft = ''
          state.turns.isTextUnanswered = true
          // Words that are transcribed from now on follow this text.
          changeSpeech(state, answerOver)
        })
        .addCase(actions.interruptRequested, giveUpAnswer)
        .addCase(actions.startTalkingRequested, giveUpAnswer)
        .addCase(actions.textRefused, (state, { payload }) => {
          setLog(
            state,
            updateMessage(plainLog(state), payload.id, () => null),
          )
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
          setLog(state, moved)
          // Words that are transcribed from now on follow this text.
          changeSpeech(state, answerOver)
          if (isRestored) state.restoredCount--
        })
        .addCase(actions.textQueued, (state, { payload }) => markText(state, payload.id, queueText))
        .addCase(actions.textSent, (state, { payload }) => markText(state, payload.id, settleText))
        .addCase(actions.textNotSent, (state, { payload }) => {
          markText(state, payload.id, abandonText)
          // No agent has it, so none will answer.
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
          // Before the agent has begun a turn: it will not answer.
          if (!state.turns.agent.includes(payload.turnId)) giveUpAnswer(state)
          finishTurn(state, payload.turnId, 'interrupted')
          changeSpeech(state, answerOver)
        })
        .addCase(actions.assistantSpeechStarted, (state) => {
          state.turns.isAgentSpeaking = true
          changeSpeech(state, answerBegun)
          // Speech without a text is an answer as well. A text typed while the agent speaks waits for the next one.
          if (state.turns.agent.length === 0) state.turns.isTextUnanswered = false
        })
        .addCase(actions.assistantSpeechStopped, ({ turns }) => {
          turns.isAgentSpeaking = false
        })
        .addCase(actions.conversationQuiet, (state, { payload }) => giveUp(state, payload.quietMs))
        .addCase(actions.sessionRehydrated, (state, { payload }) => {
          const messages = payload.messages.filter((message) => !isBlankTurn(message)).map(settleMessage)
          const known = new Set(messages.map(({ id }) => id))
          // Texts that wait for the call of this session follow its stored messages.
          const queued = toMessages(plainLog(state)).filter(
            ({ id }) => payload.queuedTextIds?.includes(id) && !known.has(id),
          )
          setLog(state, toMessageLog(messages))
          state.toolCallIds = [...(payload.toolCallIds ?? [])]
          state.turns.user = []
          state.firstLoadedIndex = payload.firstLoadedIndex
          state.restoredCount = payload.firstLoadedIndex + plainLog(state).count
          for (const message of queued) add(state, message)
          // A page that comes back from the back/forward cache reads texts that still wait.
          state.outbox = payload.queuedTextIds?.filter((id) => findMessage(plainLog(state), id)) ?? []
          const stored = payload.draft ?? ''
          // Text typed on this page while the session was read follows its stored draft.
          state.draft = payload.isReload ? stored : joinDrafts(stored, state.draft)
        })
        .addCase(actions.earlierMessagesLoaded, (state, { payload }) => {
          // Ignores late answers: messages must end where the loaded part begins.
          if (payload.firstLoadedIndex + payload.messages.length !== state.firstLoadedIndex) return
          setLog(state, prependMessages(plainLog(state), payload.messages.map(settleMessage)))
          state.firstLoadedIndex = payload.firstLoadedIndex
        })
        .addCase(actions.sessionEnded, () => initialConversation)
        .addCase(actions.agentReset, () => initialConversation)
    },
  })
}
