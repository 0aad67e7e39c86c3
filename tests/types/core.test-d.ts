/** The types of `redux-voice-agent` that apps depend on. A change here is a change that users notice. */
import type { Middleware, Reducer } from '@reduxjs/toolkit'
import type { Persistor } from 'redux-persist'
import {
  type AgentStore,
  type ConnectionStatus,
  type ConversationStatus,
  createVoiceAgent,
  type EnhancedSessionManager,
  type ListOptions,
  type Message,
  type RestoreOutcome,
  type SessionData,
  type SessionEventCallbacks,
  type SessionStats,
  type SessionSummary,
  type VoiceAgent,
  type VoiceAgentActions,
  VoiceAgentError,
  type VoiceAgentOptions,
  type VoiceAgentSelectors,
  type VoiceAgentState,
  type VoiceErrorCode,
  WebRTCVoiceAgent,
} from 'redux-voice-agent'
import { expectTypeOf } from 'vitest'

expectTypeOf(createVoiceAgent({ apiEndpoint: '/api' })).toEqualTypeOf<VoiceAgent<'voiceAgent'>>()
expectTypeOf<VoiceAgent<'voiceAgent'>>().toEqualTypeOf<{
  readonly reducerPath: 'voiceAgent'
  readonly reducer: Reducer<VoiceAgentState>
  readonly middleware: Middleware
  readonly actions: VoiceAgentActions
  readonly selectors: VoiceAgentSelectors<'voiceAgent'>
  readonly persistor: Persistor
  readonly agent: WebRTCVoiceAgent
  readonly sessionManager: EnhancedSessionManager
  diagnose(): Promise<string>
  dispose(): Promise<void>
}>()

/** In milliseconds unless noted. */
expectTypeOf<SessionStats>().toEqualTypeOf<{
  isActive: boolean
  sessionId: string | null
  messageCount: number
  duration: number
  reconnectAttempts: number
  tokenExpiresIn: number | null
}>()
expectTypeOf<SessionData>().toEqualTypeOf<{
  sessionId: string
  messages: Message[]
  messageCount: number
  connectionState: ConnectionStatus
  conversationState: ConversationStatus
  createdAt: number
  updatedAt: number
}>()
expectTypeOf<RestoreOutcome>().toEqualTypeOf<{
  conversation: 'none' | 'restored' | 'failed'
  agent: 'none' | 'resumed' | 'reseeded' | 'fresh'
}>()

// Creates its own store from the options alone.
const agent = new WebRTCVoiceAgent({ apiEndpoint: '/api/voice-agent' })
expectTypeOf<ConstructorParameters<typeof WebRTCVoiceAgent>[0]>().toEqualTypeOf<VoiceAgentOptions>()
expectTypeOf(agent.connect).toEqualTypeOf<() => Promise<void>>()
expectTypeOf(agent.disconnect).toEqualTypeOf<(options?: { reason?: 'idle' }) => Promise<void>>()
expectTypeOf(agent.sendText).toEqualTypeOf<(text: string) => void>()
expectTypeOf(agent.interrupt).toEqualTypeOf<() => void>()
expectTypeOf(agent.mute).toEqualTypeOf<() => void>()
expectTypeOf(agent.unmute).toEqualTypeOf<() => void>()
expectTypeOf(agent.resumePlayback).toEqualTypeOf<() => Promise<void>>()
expectTypeOf(agent.getSessionStats).toEqualTypeOf<() => SessionStats>()
expectTypeOf(agent.needsReconnection).toEqualTypeOf<() => boolean>()
expectTypeOf(agent.store).toEqualTypeOf<AgentStore>()
expectTypeOf(agent.store.getState()).toEqualTypeOf<Record<string, VoiceAgentState>>()
expectTypeOf(agent.sessionManager).toEqualTypeOf<EnhancedSessionManager>()
// @ts-expect-error
agent.store = createVoiceAgent({ apiEndpoint: '/api' }).agent.store

const manager = agent.sessionManager
expectTypeOf<typeof EnhancedSessionManager>().toHaveProperty('prototype')
// As in the specification: a callback without arguments.
manager.setTokenRefreshCallback(async () => ({ token: 't', expiresAt: 1_800_000_000, sessionId: 's' }))
manager.setTokenRefreshCallback(async () => ({
  token: 't',
  expiresAt: '2027-01-01T00:00:00Z',
  sessionId: 's',
}))
// @ts-expect-error `session_id` on the wire is `sessionId` here.
manager.setTokenRefreshCallback(async () => ({ token: 't', expiresAt: 1, session_id: 's' }))
expectTypeOf(manager.setTokenRefreshCallback).returns.toEqualTypeOf<void>()
expectTypeOf(manager.setEventCallbacks).toEqualTypeOf<(callbacks: SessionEventCallbacks) => void>()
expectTypeOf(manager.initialize).toEqualTypeOf<() => Promise<RestoreOutcome>>()
expectTypeOf(manager.getCurrentSession).toEqualTypeOf<() => SessionData | null>()
expectTypeOf(manager.createSession).toEqualTypeOf<() => Promise<SessionData>>()
expectTypeOf(manager.restoreSession).toEqualTypeOf<
  (sessionId?: string, options?: { reconnect?: boolean }) => Promise<RestoreOutcome>
>()
expectTypeOf(manager.endSession).toEqualTypeOf<() => Promise<void>>()
expectTypeOf(manager.deleteSession).toEqualTypeOf<(sessionId: string) => Promise<void>>()
expectTypeOf(manager.listSessions).toEqualTypeOf<(options?: ListOptions) => Promise<SessionSummary[]>>()
expectTypeOf(manager.cleanup).toEqualTypeOf<() => Promise<number>>()

// The state, as shown in DevTools.
expectTypeOf<keyof VoiceAgentState>().toEqualTypeOf<'connection' | 'conversation' | 'session' | 'stats'>()
expectTypeOf<VoiceAgentState['connection']>().toHaveProperty('nextRetryAt').toEqualTypeOf<number | null>()
expectTypeOf<VoiceAgentState['connection']>().toHaveProperty('attempt').toEqualTypeOf<number>()
expectTypeOf<VoiceAgentState['session']['storage']>().toEqualTypeOf<'persistent' | 'degraded' | 'memory'>()
expectTypeOf<VoiceAgentState['session']['restore']>().toMatchTypeOf<RestoreOutcome>()
expectTypeOf<Message['status']>().toEqualTypeOf<'streaming' | 'final' | 'interrupted'>()

// One error class, with a code for `switch` statements.
expectTypeOf<VoiceAgentError>().toExtend<Error>()
expectTypeOf<VoiceAgentError['code']>().toEqualTypeOf<VoiceErrorCode>()
expectTypeOf<'microphone-denied' | 'token-expired' | 'storage-quota'>().toExtend<VoiceErrorCode>()
// @ts-expect-error
new VoiceAgentError('something')

expectTypeOf<WebRTCVoiceAgent['reset']>().toEqualTypeOf<
  (options?: { scope?: string | null }) => Promise<void>
>()
expectTypeOf<WebRTCVoiceAgent['setConsent']>().toEqualTypeOf<(consent: boolean) => Promise<void>>()
expectTypeOf<EnhancedSessionManager['eraseAll']>().toEqualTypeOf<() => Promise<void>>()
expectTypeOf<VoiceAgentActions['allErased']>().parameters.toEqualTypeOf<[payload: { isElsewhere: boolean }]>()
createVoiceAgent({ apiEndpoint: '/api', persistence: { scope: 'user-1', consent: 'ask' } })
// @ts-expect-error A user id is a string.
createVoiceAgent({ apiEndpoint: '/api', persistence: { scope: 1 } })
