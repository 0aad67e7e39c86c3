import { configureStore } from '@reduxjs/toolkit'
import { Provider } from 'react-redux'
import { createVoiceAgent, type RestorePhase } from 'redux-voice-agent'
import { VoiceAgentProvider, WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { scriptedTransport } from 'redux-voice-agent/testing'
import { expect, it, onTestFinished, vi } from 'vitest'
import { render } from '../react/support.js'

function openPage(databaseName: string) {
  const transport = scriptedTransport()
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    autoReconnect: 'always',
    persistence: { databaseName, debounceMs: 10 },
    refreshToken: async ({ sessionId }) => ({
      token: 'token',
      expiresAt: Date.now() + 3_600_000,
      sessionId: sessionId ?? crypto.randomUUID(),
    }),
  })
  const store = configureStore({
    reducer: { voiceAgent: voiceAgent.reducer },
    middleware: (getDefault) => getDefault().concat(voiceAgent.middleware),
  })
  onTestFinished(() => voiceAgent.dispose())
  return { transport, voiceAgent, store, state: () => store.getState().voiceAgent }
}

async function leaveDuringCall() {
  sessionStorage.clear()
  const databaseName = crypto.randomUUID()
  const { voiceAgent } = openPage(databaseName)
  await voiceAgent.sessionManager.initialize()
  await voiceAgent.agent.connect()
  voiceAgent.agent.sendText('one')
  await voiceAgent.persistor.flush()
  await voiceAgent.dispose()
  return databaseName
}

const phases: RestorePhase[] = ['checking-token', 'loading-session', 'restoring-context', 'reconnecting']

it.each(phases)('an app that is unmounted in phase %s is no longer called', async (phase) => {
  const { voiceAgent, store, state, transport } = openPage(await leaveDuringCall())
  const reached = new Promise<void>((resolve) => {
    const stop = store.subscribe(() => {
      if (state().session.restore.phase !== phase) return
      stop()
      resolve()
    })
  })
  const view = render(
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent}>
        <WebRTCVoiceAssistant endCallOnUnmount />
      </VoiceAgentProvider>
    </Provider>,
  )
  await reached
  view.render(<p>Elsewhere</p>)
  await vi.waitFor(() => expect(view.container.textContent).toBe('Elsewhere'))
  await voiceAgent.sessionManager.initialize()
  // The call ends in a later task than the unmount.
  await vi.waitFor(() => expect(transport.open).toBe(0))
  await new Promise((resolve) => setTimeout(resolve))
  expect({ open: transport.open, phase: state().session.restore.phase }).toEqual({ open: 0, phase: 'done' })
  expect(state().connection.status).toMatch(/^(idle|disconnected)$/)
})
