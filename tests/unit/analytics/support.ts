import { instrument, type LiftedState } from '@redux-devtools/instrument'
import { configureStore, type StoreEnhancer, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent, type VoiceAgentState } from 'redux-voice-agent'
import {
  type AnalyticsBatch,
  type AnalyticsOptions,
  type AnalyticsSink,
  type SentReport,
  voiceAnalytics,
} from 'redux-voice-agent/analytics'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { z } from 'zod'

type Lifted = LiftedState<{ voiceAgent: VoiceAgentState }, UnknownAction, unknown>

/** Words that must not leave the page. */
export const canary = (place: string) => `canary-${place}`

/** Collects everything that a sink receives. */
export function createInbox() {
  const batches: AnalyticsBatch[] = []
  const sink: AnalyticsSink = (batch) => void batches.push(structuredClone(batch))
  const reports = (): SentReport[] => batches.flatMap(({ reports }) => reports)
  return { sink, batches, reports }
}

/** An agent with analytics, in a store with the DevTools instrument. */
export function createMeasuredAgent(options: Partial<AnalyticsOptions> = {}) {
  const transport = scriptedTransport()
  const inbox = createInbox()
  const analytics = voiceAnalytics({ sinks: [inbox.sink], consent: true, hears: false, ...options })
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    persistence: false,
    analytics,
    reconnect: { baseDelayMs: 1, maxDelayMs: 1 },
    tools: {
      [canary('tool')]: {
        description: canary('description'),
        parameters: z.object({ city: z.string() }),
        run: async () => ({ result: canary('result') }),
      },
    },
    refreshToken: async () => ({
      token: canary('token'),
      expiresAt: Date.now() + 3_600_000,
      sessionId: canary('session'),
    }),
  })
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefaultEnhancers) => getDefaultEnhancers().concat(instrument() as StoreEnhancer),
  })
  const { liftedStore } = store as unknown as { liftedStore: { getState(): Lifted } }
  return { transport, inbox, analytics, voiceAgent, store, lifted: () => liftedStore.getState() }
}

/** A call with words, a tool, a lost connection, an interruption and errors, each with a canary. */
export async function talk({ transport, voiceAgent }: ReturnType<typeof createMeasuredAgent>): Promise<void> {
  const { agent } = voiceAgent
  await agent.connect()
  transport.emit({ type: 'userSpeechStarted' })
  transport.emit({ type: 'userTranscriptReceived', text: canary('interim'), final: false })
  transport.emit({ type: 'userSpeechStopped' })
  transport.emit({ type: 'userTranscriptReceived', text: canary('user'), final: true })
  const city = { city: canary('argument') }
  transport.emit({
    type: 'toolCallStarted',
    toolCallId: canary('call'),
    name: canary('tool'),
    arguments: city,
  })
  transport.emit({ type: 'assistantTurnStarted', turnId: canary('turn') })
  transport.emit({ type: 'assistantSpeechStarted' })
  transport.emit({ type: 'assistantTextAppended', turnId: canary('turn'), delta: canary('answer') })
  transport.emit({ type: 'userSpeechStarted' })
  transport.emit({ type: 'assistantSpeechStopped' })
  transport.emit({ type: 'assistantTurnInterrupted', turnId: canary('turn') })
  transport.emit({ type: 'userSpeechStopped' })
  const error = { code: 'agent-error' as const, message: canary('message'), recoverable: true }
  transport.emit({
    type: 'agentErrorReported',
    error: { ...error, providerCode: canary('code') },
    fatal: false,
  })
  transport.emit({ type: 'agentMessageReceived', kind: 'metrics', name: null, data: canary('data') })
  agent.sendText(canary('typed'))
  agent.setDraft(canary('draft'))
  agent.sendClientMessage(canary('client'), canary('client-data'))
  const reconnected = new Promise<void>((resolve) => agent.once('reconnected', resolve))
  transport.emit({ type: 'connectionState', state: 'failed' })
  await reconnected
  transport.emit({ type: 'assistantTurnStarted', turnId: 'a2' })
  transport.emit({ type: 'assistantSpeechStarted' })
  transport.emit({ type: 'assistantSpeechStopped' })
  transport.emit({ type: 'assistantTurnCompleted', turnId: 'a2' })
  await agent.disconnect()
  await voiceAgent.sessionManager.endSession()
}
