import { configureStore, type Middleware, type UnknownAction } from '@reduxjs/toolkit'
import { Provider } from 'react-redux'
import { createVoiceAgent } from 'redux-voice-agent'
import {
  VoiceAgentProvider,
  WebRTCVoiceAssistant,
  type WebRTCVoiceAssistantProps,
} from 'redux-voice-agent/react'
import { type ConnectScript, scriptedTransport } from 'redux-voice-agent/testing'
import type { TransportEvent } from 'redux-voice-agent/transports'
import { restartClock, type StoryClock, stopClock, storyTime } from './clock.js'
import { plugInRealDevices } from './devices.js'

export type Scenario = Awaited<ReturnType<typeof startScenario>>
/** What happens before a story is shown. */
export type Script = (scenario: Scenario) => void | Promise<void>

let current: { storyId: string; scenario: Scenario } | null = null

async function startScenario(connect?: ConnectScript) {
  const clock: StoryClock = stopClock()
  const transport = scriptedTransport(connect)
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 'story', expiresAt: storyTime + 3_600_000, sessionId: 'story' }),
    persistence: false,
    // Longer than anyone looks at a story: a script says itself when the next attempt is due.
    reconnect: () => 3_600_000,
  })
  const asked: string[] = []
  const recording: UnknownAction[] = []
  const listen: Middleware = () => (next) => (action) => {
    const { type } = action as UnknownAction
    if (type.startsWith('voiceAgent/')) recording.push(action as UnknownAction)
    asked.push(type.replace('voiceAgent/', ''))
    return next(action)
  }
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(listen, voiceAgent.middleware),
  })
  await voiceAgent.sessionManager.initialize()
  return {
    clock,
    transport,
    voiceAgent,
    actions: voiceAgent.actions,
    /** Names of all actions so far. */
    asked,
    /** The agent's actions so far, as the store was told them. */
    recording,
    store,
    emit: (event: TransportEvent) => transport.emit(event),
    dispatch: (action: UnknownAction) => store.dispatch(action),
    /** A call that is on, with a microphone that lets sound through. */
    async call() {
      await voiceAgent.agent.connect()
      transport.emit({ type: 'microphone', microphone: 'live' })
    },
  }
}

/** Ends what the last story began. */
export async function endScenario(): Promise<void> {
  restartClock()
  plugInRealDevices()
  const ended = current
  current = null
  await ended?.scenario.voiceAgent.dispose()
}

/**
 * A story's loader: makes a store with an agent in it and plays a script.
 *
 * @param connect How the scripted agent answers a call. @default it is there, and remembers nothing
 */
export function scene(script: Script = () => {}, connect?: ConnectScript) {
  return {
    loaders: [
      async ({ id }: { id: string }) => {
        // Rendered again because a control was moved: it goes on.
        if (current?.storyId === id) return { scenario: current.scenario }
        await endScenario()
        const scenario = await startScenario(connect)
        current = { storyId: id, scenario }
        await script(scenario)
        return { scenario }
      },
    ],
  }
}

/** The scenario that a story's loader made. */
export const scenarioOf = (context: { loaded: Record<string, unknown> }) =>
  context.loaded.scenario as Scenario

/** The assistant in the scenario's store, as an app mounts it. */
export function ScenarioView({ scenario, ...props }: { scenario: Scenario } & WebRTCVoiceAssistantProps) {
  return (
    <Provider store={scenario.store}>
      <VoiceAgentProvider agent={scenario.voiceAgent}>
        <WebRTCVoiceAssistant title="Shop assistant" {...props} />
      </VoiceAgentProvider>
    </Provider>
  )
}
