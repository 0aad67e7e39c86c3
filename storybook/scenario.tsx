import { configureStore, type Middleware, type UnknownAction } from '@reduxjs/toolkit'
import { useContext } from 'react'
import { Provider } from 'react-redux'
import { createVoiceAgent } from 'redux-voice-agent'
import { mirrorTabs } from 'redux-voice-agent/mirror'
import {
  VoiceAgentProvider,
  WebRTCVoiceAssistant,
  type WebRTCVoiceAssistantProps,
} from 'redux-voice-agent/react'
import { type ConnectScript, memoryStorage, scriptedTransport } from 'redux-voice-agent/testing'
import type { TransportEvent } from 'redux-voice-agent/transports'
import { restartClock, type StoryClock, stopClock, storyTime } from './clock.js'
import { plugInRealDevices } from './devices.js'
import { LocaleContext } from './locales/index.js'

export type Scenario = Awaited<ReturnType<typeof startScenario>>
/** Runs before a story is shown. */
export type Script = (scenario: Scenario) => void | Promise<void>

let current: { storyId: string; scenario: Scenario } | null = null

/** A mirror needs a storage with a channel. This one reaches no other tab. */
const mirrored = () => ({
  persistence: { storage: { ...memoryStorage(), channelOf: async () => null } },
  mirror: mirrorTabs({ offer: 'never' }),
})

async function startScenario(connect?: ConnectScript, isMirrored = false) {
  const clock: StoryClock = stopClock()
  const transport = scriptedTransport(connect)
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport,
    refreshToken: async () => ({ token: 'story', expiresAt: storyTime + 3_600_000, sessionId: 'story' }),
    ...(isMirrored ? mirrored() : { persistence: false as const }),
    // Longer than any story stays open, because the scripts dispatch the next attempt themselves.
    reconnect: () => 3_600_000,
  })
  const actionTypes: string[] = []
  const recording: UnknownAction[] = []
  const recordActions: Middleware = () => (next) => (action) => {
    const { type } = action as UnknownAction
    if (type.startsWith('voiceAgent/')) recording.push(action as UnknownAction)
    actionTypes.push(type.replace('voiceAgent/', ''))
    return next(action)
  }
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(recordActions, voiceAgent.middleware),
  })
  await voiceAgent.sessionManager.initialize()
  return {
    clock,
    transport,
    voiceAgent,
    actions: voiceAgent.actions,
    /** Types of all actions so far, without the voice agent's prefix. */
    actionTypes,
    /** All actions of the agent so far. */
    recording,
    store,
    emit: (event: TransportEvent) => transport.emit(event),
    dispatch: (action: UnknownAction) => store.dispatch(action),
    /** Starts a call with a live microphone. */
    async call() {
      await voiceAgent.agent.connect()
      transport.emit({ type: 'microphoneChanged', microphone: 'live' })
    },
  }
}

/** Disposes of the last story's agent and restores the clock and the devices. */
export async function endScenario(): Promise<void> {
  restartClock()
  plugInRealDevices()
  const ended = current
  current = null
  await ended?.scenario.voiceAgent.dispose()
}

/**
 * Creates a story's loader, which creates a store with an agent and runs a script.
 *
 * @param connect How the scripted agent answers a call. @default it connects and remembers nothing
 * @param isMirrored True for a tab that mirrors another one.
 */
export function scene(script: Script = () => {}, connect?: ConnectScript, isMirrored = false) {
  return {
    loaders: [
      async ({ id }: { id: string }) => {
        // Changing a control re-renders the same story, which then continues.
        if (current?.storyId === id) return { scenario: current.scenario }
        await endScenario()
        const scenario = await startScenario(connect, isMirrored)
        current = { storyId: id, scenario }
        await script(scenario)
        return { scenario }
      },
    ],
  }
}

/** Returns the scenario that the story's loader created. */
export const getScenario = (context: { loaded: Record<string, unknown> }) =>
  context.loaded.scenario as Scenario

/** The assistant in the scenario's store, mounted as in an app. */
export function ScenarioView({
  scenario,
  texts,
  ...props
}: { scenario: Scenario } & WebRTCVoiceAssistantProps) {
  const ofLocale = useContext(LocaleContext)
  return (
    <Provider store={scenario.store}>
      <VoiceAgentProvider agent={scenario.voiceAgent}>
        <WebRTCVoiceAssistant title="Shop assistant" texts={{ ...ofLocale, ...texts }} {...props} />
      </VoiceAgentProvider>
    </Provider>
  )
}
