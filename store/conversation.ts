import { createEntityAdapter, createSlice, type EntityState } from '@reduxjs/toolkit'
import type { VoiceAgentActions } from './actions.js'
import { type Message, settleMessage } from './message.js'
import type { ConversationStatus } from './types.js'

/** What the user is saying right now: heard, and perhaps transcribed in part. */
export interface InterimTranscript {
  /** The id that the message gets when it is final, so that a view can keep its element. */
  id: string
  text: string
  startedAt: number
  /** Set once the user stopped, until the final transcript is there. */
  speechMs: number | null
}

export interface ConversationState {
  status: ConversationStatus
  messages: EntityState<Message, string>
  interim: InterimTranscript | null
  /** Index, in the whole conversation, of the first message in `messages`: those before it are stored, not loaded. */
  firstLoadedIndex: number
  /** How many messages, from the conversation's beginning, were there when it was restored; 0 when it was not. */
  restoredCount: number
}

const messages = createEntityAdapter<Message>()

export const initialConversation: ConversationState = {
  status: 'idle',
  messages: messages.getInitialState(),
  interim: null,
  firstLoadedIndex: 0,
  restoredCount: 0,
}

function finishTurn(state: ConversationState, id: string, status: 'final' | 'interrupted') {
  const message = state.messages.entities[id]
  if (message?.status !== 'streaming') return
  // A turn that was cut off before its first word leaves nothing to show.
  if (message.text === '') messages.removeOne(state.messages, id)
  else message.status = status
}

/** No more text can come from this call: what was streaming is settled, and nobody is speaking. */
function settle(state: ConversationState) {
  state.status = 'idle'
  state.interim = null
  // Only the last turns can be streaming, so the walk back ends at the first of the agent's that is not.
  for (let index = state.messages.ids.length - 1; index >= 0; index--) {
    const id = state.messages.ids[index] as string
    const message = state.messages.entities[id]
    if (message?.role === 'assistant' && message.status !== 'streaming') break
    finishTurn(state, id, 'interrupted')
  }
}

export function createConversationSlice(path: string, actions: VoiceAgentActions) {
  return createSlice({
    name: `${path}/conversation`,
    initialState: initialConversation,
    reducers: {},
    extraReducers: (builder) => {
      builder
        .addCase(actions.connectionEstablished, (state) => {
          state.status = 'listening'
        })
        .addCase(actions.connectionLost, settle)
        .addCase(actions.connectionFailed, settle)
        .addCase(actions.connectionClosed, settle)
        .addCase(actions.sendTextRequested, (state, { payload }) => {
          const message: Message = {
            id: payload.id,
            role: 'user',
            text: payload.text,
            status: 'final',
            createdAt: payload.at,
          }
          messages.addOne(state.messages, message)
          state.status = 'processing'
        })
        .addCase(actions.userSpeechStarted, (state, { payload }) => {
          state.interim ??= { id: payload.id, text: '', startedAt: payload.at, speechMs: null }
          if (state.status === 'processing') state.status = 'listening'
        })
        .addCase(actions.userSpeechStopped, (state, { payload }) => {
          if (!state.interim) return
          state.interim.speechMs = payload.at - state.interim.startedAt
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
            }
            return
          }
          const speechMs = payload.speechMs ?? interim?.speechMs ?? undefined
          state.interim = null
          // Neither words nor a length: there is nothing that could be shown of this turn.
          if (payload.text === '' && speechMs === undefined) return
          messages.addOne(state.messages, {
            id: interim?.id ?? payload.id,
            role: 'user',
            text: payload.text,
            status: 'final',
            createdAt: interim?.startedAt ?? payload.at,
            ...(speechMs === undefined ? {} : { speechMs }),
          })
          if (state.status === 'listening') state.status = 'processing'
        })
        .addCase(actions.assistantTurnStarted, (state, { payload }) => {
          messages.addOne(state.messages, {
            id: payload.id,
            role: 'assistant',
            text: '',
            status: 'streaming',
            createdAt: payload.at,
          })
          if (state.status !== 'speaking') state.status = 'processing'
        })
        .addCase(actions.assistantTextAppended, (state, { payload }) => {
          const message = state.messages.entities[payload.id]
          if (message?.status === 'streaming') message.text += payload.delta
        })
        .addCase(actions.assistantTextReplaced, (state, { payload }) => {
          const message = state.messages.entities[payload.id]
          if (message?.status === 'streaming') message.text = payload.text
        })
        .addCase(actions.assistantTurnCompleted, (state, { payload }) => {
          finishTurn(state, payload.id, 'final')
          if (state.status === 'processing') state.status = 'listening'
        })
        .addCase(actions.assistantTurnInterrupted, (state, { payload }) => {
          finishTurn(state, payload.id, 'interrupted')
        })
        .addCase(actions.assistantSpeechStarted, (state) => {
          if (state.status !== 'idle') state.status = 'speaking'
        })
        .addCase(actions.assistantSpeechStopped, (state) => {
          if (state.status === 'speaking') state.status = 'listening'
        })
        .addCase(actions.sessionRehydrated, (state, { payload }) => {
          state.messages = messages.setAll(messages.getInitialState(), payload.messages.map(settleMessage))
          state.interim = null
          state.firstLoadedIndex = payload.firstLoadedIndex
          state.restoredCount = payload.firstLoadedIndex + payload.messages.length
        })
        .addCase(actions.earlierMessagesLoaded, (state, { payload }) => {
          // Only what ends where the loaded part begins: anything else is a late answer.
          if (payload.firstLoadedIndex + payload.messages.length !== state.firstLoadedIndex) return
          const loaded = state.messages.ids.map((id) => state.messages.entities[id] as Message)
          state.messages = messages.setAll(messages.getInitialState(), [...payload.messages, ...loaded])
          state.firstLoadedIndex = payload.firstLoadedIndex
        })
        .addCase(actions.sessionCreated, (state) => ({ ...initialConversation, status: state.status }))
        .addCase(actions.sessionEnded, () => initialConversation)
    },
  })
}
