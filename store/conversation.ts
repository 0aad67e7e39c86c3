import { createSlice, type Draft, isDraft, original } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import { isBlankTurn, type Message, settleMessage } from './message.js'
import {
  appendMessage,
  emptyLog,
  findRecent,
  insertMessage,
  lastOf,
  type MessageLog,
  prependMessages,
  toMessageLog,
  toMessages,
  updateMessage,
} from './message-log.js'
import { addToolCases, settleToolCalls } from './tool-call.js'
import type { ConversationStatus } from './types.js'

/** Speech of the user in progress: heard, and perhaps transcribed in part. */
export interface InterimTranscript {
  /** Id of the final message, so that a view can reuse its element. */
  id: string
  text: string
  startedAt: number
  /** Set when the user has stopped, until the final transcript arrives. */
  speechMs: number | null
  /** Id of the last message when the user stopped; absent before, and if there was none. */
  stoppedAfter?: string | undefined
}

export interface ConversationState {
  status: ConversationStatus
  messages: MessageLog
  interim: InterimTranscript | null
  /** Text in the composer that is not sent yet; empty if there is none. */
  draft: string
  /** Index, in the whole conversation, of the first message in `messages`: earlier ones are stored, not loaded. */
  firstLoadedIndex: number
  /** Messages that the conversation contained when it was restored; 0 if it was not. */
  restoredCount: number
  /** Ids of the last tool calls, loaded or not: none of them is run again. */
  toolCallIds: string[]
}

export const initialConversation: ConversationState = {
  status: 'idle',
  messages: emptyLog,
  interim: null,
  draft: '',
  firstLoadedIndex: 0,
  restoredCount: 0,
  toolCallIds: [],
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

/**
 * Inserts a spoken turn at the place where the user stopped, because its transcript may arrive after the answer has begun.
 * The time alone does not define that place: a busy page handles many events in one millisecond, and a test's clock may stand still.
 */
function addSpoken(state: State, message: Message, stoppedAfter: string | undefined) {
  const stoppedAt = message.speechMs === undefined ? null : message.createdAt + message.speechMs
  const isLater = ({ id, createdAt }: Message) =>
    id !== stoppedAfter && stoppedAt !== null && createdAt >= stoppedAt
  setLog(state, insertMessage(plainLog(state), message, isLater))
}

/** Keeps the words of a turn that was cut off: a partial message, at the place where its final one would be. */
function addPartial(state: State, { id, text, startedAt, speechMs, stoppedAfter }: InterimTranscript) {
  const speech = speechMs === null ? {} : { speechMs }
  addSpoken(
    state,
    { id, role: 'user', text, status: 'interrupted', createdAt: startedAt, ...speech },
    stoppedAfter,
  )
}

/** Compares letters and digits only, because a final transcript has other capitals and punctuation than an interim one. */
const lettersOf = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{M}\p{N}]/gu, '')

/**
 * Replaces a partial message by the final transcript of the same turn. It has the partial's id, or follows it and begins with its words.
 * An agent that remembers the call may transcribe the turn after the page is back, under another id.
 *
 * @returns false if there is no such message
 */
function completePartial(state: State, final: Message): boolean {
  const log = plainLog(state)
  const last = lastOf(log)
  const partial = findRecent(log, final.id) ?? last
  if (partial?.role !== 'user' || partial.status !== 'interrupted') return false
  const [words, beginning] = [lettersOf(final.text), lettersOf(partial.text)]
  if (partial.id !== final.id && (beginning === '' || !words.startsWith(beginning))) return false
  setLog(
    state,
    updateMessage(log, partial.id, ({ createdAt }) => ({ ...final, createdAt })),
  )
  return true
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
  // A turn that was cut off before its first word is removed: it has nothing to show.
  changeStreaming(state, id, (message) => (message.text === '' ? null : { ...message, status }))
}

/** Settles streaming turns and stops both speakers, because this call can deliver no more text. */
function settle(state: State) {
  state.status = 'idle'
  state.interim = null
  const { full, tail } = plainLog(state)
  // Only the last turns can be streaming.
  for (const { id, status, tool } of [...(full.at(-1) ?? []), ...tail]) {
    // A tool is not cancelled because the connection was lost.
    if (status === 'streaming' && !tool) finishTurn(state, id, 'interrupted')
  }
}

function settleWithTools(state: State) {
  settle(state)
  setLog(state, settleToolCalls(plainLog(state)))
}

export function createConversationSlice(path: string, actions: VoiceAgentActions) {
  return createSlice({
    name: `${path}/conversation`,
    initialState: initialConversation,
    reducers: {},
    extraReducers: (builder) => {
      addToolCases(builder, actions, (state, change) => setLog(state, change(plainLog(state))))
      builder
        .addCase(actions.connectionEstablished, (state) => {
          state.status = 'listening'
        })
        .addCase(actions.connectionLost, settle)
        .addCase(actions.connectionFailed, settleWithTools)
        .addCase(actions.connectionClosed, settleWithTools)
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
          // An agent that speaks continues until it is interrupted.
          if (state.status !== 'speaking') state.status = 'processing'
        })
        .addCase(actions.textRefused, (state, { payload }) => {
          setLog(
            state,
            updateMessage(plainLog(state), payload.id, () => null),
          )
          if (state.status === 'processing') state.status = 'listening'
        })
        .addCase(actions.textQueued, (state, { payload }) => {
          setLog(
            state,
            updateMessage(plainLog(state), payload.id, (message) => ({ ...message, isUnsent: true })),
          )
        })
        .addCase(actions.textSent, (state, { payload }) => {
          setLog(
            state,
            updateMessage(plainLog(state), payload.id, ({ isUnsent: _, ...message }) => message),
          )
        })
        .addCase(actions.draftChanged, (state, { payload }) => {
          state.draft = payload.text
        })
        .addCase(actions.userSpeechStarted, (state, { payload }) => {
          // Earlier speech without a transcript, such as a cough, is no part of this turn.
          if (state.interim?.speechMs !== null && state.interim?.text === '') state.interim = null
          state.interim ??= { id: payload.id, text: '', startedAt: payload.at, speechMs: null }
          if (state.status === 'processing') state.status = 'listening'
        })
        .addCase(actions.userSpeechStopped, (state, { payload }) => {
          if (!state.interim) return
          state.interim.speechMs = payload.at - state.interim.startedAt
          state.interim.stoppedAfter = lastOf(plainLog(state))?.id
          if (state.status === 'listening') state.status = 'processing'
        })
        .addCase(actions.userTranscriptReceived, (state, { payload }) => {
          const { interim } = state
          if (!payload.final) {
            state.interim = {
              id: interim?.id ?? payload.id,
              text: payload.text,
              startedAt: interim?.startedAt ?? payload.at,
              speechMs: interim?.speechMs ?? null,
              stoppedAfter: interim?.stoppedAfter,
            }
            return
          }
          const speechMs = payload.speechMs ?? interim?.speechMs ?? undefined
          state.interim = null
          // The turn has neither words nor a length, so there is nothing to show.
          if (payload.text === '' && speechMs === undefined) return
          const message: Message = {
            id: interim?.id ?? payload.id,
            role: 'user',
            text: payload.text,
            status: 'final',
            createdAt: interim?.startedAt ?? payload.at,
            ...(speechMs === undefined ? {} : { speechMs }),
          }
          if (!completePartial(state, message)) addSpoken(state, message, interim?.stoppedAfter)
          if (state.status === 'listening') state.status = 'processing'
        })
        .addCase(actions.assistantTurnStarted, (state, { payload }) => {
          add(state, {
            id: payload.turnId,
            role: 'assistant',
            text: '',
            status: 'streaming',
            createdAt: payload.at,
          })
          if (state.status !== 'speaking') state.status = 'processing'
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
          if (state.status === 'processing') state.status = 'listening'
        })
        .addCase(actions.assistantTurnInterrupted, (state, { payload }) => {
          finishTurn(state, payload.turnId, 'interrupted')
          if (state.status === 'processing') state.status = 'listening'
        })
        .addCase(actions.assistantSpeechStarted, (state) => {
          if (state.status !== 'idle') state.status = 'speaking'
        })
        .addCase(actions.assistantSpeechStopped, (state) => {
          if (state.status !== 'speaking') return
          // A text typed in the meantime waits for its answer.
          state.status = lastOf(plainLog(state))?.role === 'user' ? 'processing' : 'listening'
        })
        .addCase(actions.sessionRehydrated, (state, { payload }) => {
          const messages = payload.messages.filter((message) => !isBlankTurn(message)).map(settleMessage)
          const known = new Set(messages.map(({ id }) => id))
          // Texts that wait for the call of this session follow its stored messages.
          const queued = toMessages(plainLog(state)).filter(
            ({ id }) => payload.queuedTextIds?.includes(id) && !known.has(id),
          )
          setLog(state, toMessageLog(messages))
          state.toolCallIds = [...(payload.toolCallIds ?? [])]
          if (payload.interim) addPartial(state, payload.interim)
          state.interim = null
          state.firstLoadedIndex = payload.firstLoadedIndex
          state.restoredCount = payload.firstLoadedIndex + plainLog(state).count
          for (const message of queued) add(state, message)
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
