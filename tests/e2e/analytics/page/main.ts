import { configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { beaconSink, voiceAnalytics } from 'redux-voice-agent/analytics'
import { scriptedTransport } from 'redux-voice-agent/testing'

/** An app that sends its reports to a server. */
function startApp(query: URLSearchParams) {
  // The package falls back to fetch.
  if (query.has('no-beacon')) Object.defineProperty(navigator, 'sendBeacon', { value: undefined })
  const transport = scriptedTransport(() => 'resumed')
  const analytics = voiceAnalytics({
    sinks: [beaconSink('/reports')],
    consent: true,
    flushMs: Number(query.get('flush') ?? 600_000),
  })
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    autoReconnect: 'always',
    transport,
    analytics,
    refreshToken: async ({ sessionId }) => ({
      token: 'canary-token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
  })
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
    devTools: false,
  })
  const state = () => store.getState().voiceAgent
  const messages = () => voiceAgent.selectors.selectMessages(store.getState())
  let turns = 0

  return {
    restored: () => voiceAgent.sessionManager.initialize(),
    connect: () => voiceAgent.agent.connect(),
    flush: () => analytics.flush(),
    sessionId: () => state().session.id,
    call: () => state().connection.status,
    texts: () => messages().map(({ text }) => text),
    /** Ids that must never reach the report server. */
    ids: () => [state().session.id ?? '', ...messages().map(({ id }) => id)],
    /** The user says something. */
    ask(text: string) {
      transport.emit({ type: 'userSpeechStarted' })
      transport.emit({ type: 'userTranscriptReceived', text, final: true })
      transport.emit({ type: 'userSpeechStopped' })
    },
    /** The agent answers, completely or partly. */
    answer(text: string, isWhole = true) {
      const turnId = `canary-turn-${++turns}`
      transport.emit({ type: 'assistantTurnStarted', turnId })
      transport.emit({ type: 'assistantSpeechStarted' })
      transport.emit({ type: 'assistantTextAppended', turnId, delta: text })
      if (!isWhole) return
      transport.emit({ type: 'assistantTurnCompleted', turnId })
      transport.emit({ type: 'assistantSpeechStopped' })
    },
  }
}

export type AnalyticsApp = ReturnType<typeof startApp>

declare global {
  interface Window {
    analyticsApp: AnalyticsApp
  }
}

const query = new URLSearchParams(location.search)
// The page that is visited next has no app.
if (!query.has('away')) window.analyticsApp = startApp(query)
