import { isAnyOf, type UnknownAction } from '@reduxjs/toolkit'
import {
  type ConnectionStatus,
  type ConversationStatus,
  findRecent,
  type Message,
  type VoiceAgentActions,
  type VoiceAgentState,
  type VoiceError,
} from '../../../../store/index.js'
import type { SessionData } from '../options/options.js'
import type { Emitter } from './emitter.js'
import { toSessionData } from './session-data.js'

/** What an app can listen to. Specification, "Session Events". */
export interface VoiceAgentEvents {
  sessionCreated: (session: SessionData) => void
  /** Once the restoration is through, its reconnection included. The store has the messages earlier. */
  sessionRestored: (session: SessionData) => void
  /** The token has ended and no new one could be had. The session is kept. */
  sessionExpired: () => void
  reconnecting: (info: { attempt: number; delayMs: number }) => void
  reconnected: () => void
  connectionStateChanged: (status: ConnectionStatus) => void
  conversationStateChanged: (status: ConversationStatus) => void
  /** A turn that is complete: final, or interrupted. */
  message: (message: Message) => void
  error: (error: VoiceError) => void
  /** What is said is not, or not reliably, kept from now on. */
  storageDegraded: (error: VoiceError) => void
}

/** Tells the listeners what an action did. Time travel replays no action through the middleware, so it tells nobody anything. */
export function createEventReporter(
  actions: VoiceAgentActions,
  { emit }: Emitter<VoiceAgentEvents>,
  select: () => VoiceAgentState,
): (action: UnknownAction) => void {
  const endsTurns = isAnyOf(
    actions.assistantTurnCompleted,
    actions.assistantTurnInterrupted,
    actions.connectionLost,
    actions.connectionFailed,
    actions.connectionClosed,
  )
  let connection: ConnectionStatus = 'idle'
  let conversation: ConversationStatus = 'idle'
  let error: VoiceError | null = null
  let isReconnecting = false
  /** Of the turn that is being spoken, before the action that is told of. */
  let interimId: string | null = null
  /** The agent's turns that are under way. */
  const speaking = new Set<string>()

  function reportStates({
    connection: { status, error: next },
    conversation: { status: talk },
  }: VoiceAgentState) {
    if (status !== connection) {
      connection = status
      emit('connectionStateChanged', status)
    }
    if (talk !== conversation) {
      conversation = talk
      emit('conversationStateChanged', talk)
    }
    if (next !== error) {
      error = next
      if (next) emit('error', next)
    }
  }

  function reportReconnecting({ attempt, delayMs }: { attempt: number; delayMs: number }) {
    isReconnecting = true
    emit('reconnecting', { attempt, delayMs })
  }

  function reportMessage(message: Message | undefined) {
    if (message) emit('message', message)
  }

  /** Each once, however often its end is told of; a turn that had no word yet leaves no message. */
  function reportEndedTurns({ conversation: { messages } }: VoiceAgentState) {
    for (const id of speaking) {
      const message = findRecent(messages, id)
      if (message?.status === 'streaming') continue
      speaking.delete(id)
      reportMessage(message)
    }
  }

  return (action) => {
    const state = select()
    const { messages, interim } = state.conversation
    const spokenId = interimId
    interimId = interim?.id ?? null
    reportStates(state)
    if (actions.assistantTurnStarted.match(action)) speaking.add(action.payload.id)
    else if (endsTurns(action)) reportEndedTurns(state)
    if (actions.sessionCreated.match(action)) emit('sessionCreated', toSessionData(state, action.payload.at))
    else if (actions.sessionExpired.match(action)) emit('sessionExpired')
    else if (actions.restoreSettled.match(action)) {
      if (action.payload.conversation === 'restored') emit('sessionRestored', toSessionData(state))
    } else if (actions.reconnectScheduled.match(action)) reportReconnecting(action.payload)
    else if (
      actions.connectionInterrupted.match(action) ||
      (actions.connectRequested.match(action) && state.session.restore.phase === 'reconnecting')
    ) {
      reportReconnecting({ attempt: 0, delayMs: 0 })
    } else if (actions.connectionEstablished.match(action) || actions.connectionRecovered.match(action)) {
      if (isReconnecting) emit('reconnected')
      isReconnecting = false
    } else if (actions.storageStatusChanged.match(action)) {
      if (action.payload.error) emit('storageDegraded', action.payload.error)
    } else if (actions.userTranscriptReceived.match(action)) {
      if (action.payload.final) reportMessage(findRecent(messages, spokenId ?? action.payload.id))
    } else if (actions.sendTextRequested.match(action)) {
      reportMessage(findRecent(messages, action.payload.id))
    }
  }
}
