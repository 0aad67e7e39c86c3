/** Code of a simulated page: an app with a voice agent in its store. */
import { combineReducers, configureStore } from '@reduxjs/toolkit'
import { createVoiceAgent } from '../../../src/lib/voice-agent/create-voice-agent.js'
import { mirrorTabs } from '../../../src/lib/voice-agent/mirror/mirror-tabs.js'
import type { VoiceAgentOptions } from '../../../src/lib/voice-agent/options/options.js'

export { VoiceAgentError } from '../../../store/index.js'

/**
 * Logs out by resetting the root reducer, as most apps do.
 *
 * @param hasMirror True if its tabs share conversations.
 */
export function createApp(options: Omit<VoiceAgentOptions, 'reducerPath'>, hasMirror: boolean) {
  const mirror = hasMirror ? mirrorTabs({ offer: 'never' }) : null
  const voiceAgent = createVoiceAgent({ ...options, ...(mirror ? { mirror } : {}) })
  const reducer = combineReducers({ [voiceAgent.reducerPath]: voiceAgent.reducer })
  const store = configureStore({
    reducer: (state: ReturnType<typeof reducer> | undefined, action) =>
      reducer(action.type === 'loggedOut' ? undefined : state, action),
    middleware: (getDefault) =>
      getDefault({ serializableCheck: false, immutableCheck: false }).concat(voiceAgent.middleware),
    devTools: false,
  })
  return { voiceAgent, store, mirror }
}

export type App = ReturnType<typeof createApp>
