/** Payloads of event listeners, and arguments of the session manager's callbacks. */
import {
  type AgentMessage,
  type ConnectionStatus,
  type ConversationStatus,
  createVoiceAgent,
  type Message,
  type SessionData,
  type VoiceAgentEvents,
  type VoiceError,
} from 'redux-voice-agent'
import { expectTypeOf } from 'vitest'

const { agent, sessionManager } = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })

/** Listener arguments by event name. */
type Payloads = { [Name in keyof VoiceAgentEvents]: Parameters<VoiceAgentEvents[Name]> }
expectTypeOf<Payloads>().toEqualTypeOf<{
  sessionCreated: [session: SessionData]
  sessionRestored: [session: SessionData]
  sessionExpired: []
  reconnecting: [info: { attempt: number; delayMs: number }]
  reconnected: []
  connectionStateChanged: [status: ConnectionStatus]
  conversationStateChanged: [status: ConversationStatus]
  message: [message: Message]
  agentMessage: [message: AgentMessage]
  error: [error: VoiceError]
  storageDegraded: [error: VoiceError]
  allErased: [info: { isElsewhere: boolean }]
  sessionsChanged: [changed: { sessionIds: string[] }]
  storageAlmostFull: [fill: { usedBytes: number; quotaBytes: number }]
  sessionsDeleted: [deleted: { sessionIds: string[]; reason: 'expired' | 'quota' }]
}>()

agent.on('sessionRestored', (session) => expectTypeOf(session).toEqualTypeOf<SessionData>())
agent.once('reconnecting', (info) => expectTypeOf(info).toEqualTypeOf<{ attempt: number; delayMs: number }>())
agent.on('message', ({ text, role }) => {
  expectTypeOf(text).toEqualTypeOf<string>()
  expectTypeOf(role).toEqualTypeOf<'user' | 'assistant' | 'system' | 'tool'>()
})
const stop = agent.on('error', (error) => expectTypeOf(error).toEqualTypeOf<VoiceError>())
expectTypeOf(stop).toEqualTypeOf<() => void>()
expectTypeOf(agent.off('sessionExpired', () => {})).toEqualTypeOf<void>()
// @ts-expect-error There is no such event.
agent.on('restored', () => {})
// @ts-expect-error `sessionExpired` has no session argument.
agent.on('sessionExpired', (session: SessionData) => session)
// @ts-expect-error
agent.on('connectionStateChanged', (status: number) => status)

sessionManager.setEventCallbacks({
  onSessionCreated: (session) => expectTypeOf(session).toEqualTypeOf<SessionData>(),
  onSessionRestored: (session) => expectTypeOf(session.messages).toEqualTypeOf<Message[]>(),
  onSessionExpired: () => {},
  onReconnecting: ({ delayMs }) => expectTypeOf(delayMs).toEqualTypeOf<number>(),
  onReconnected: () => {},
  onSessionsChanged: ({ sessionIds }) => expectTypeOf(sessionIds).toEqualTypeOf<string[]>(),
  onStorageDegraded: ({ code }) => expectTypeOf(code).toEqualTypeOf<VoiceError['code']>(),
})
// @ts-expect-error There is no such callback.
sessionManager.setEventCallbacks({ onRestored: () => {} })
