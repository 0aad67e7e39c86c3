import { combineSlices, configureStore } from '@reduxjs/toolkit'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { createVoiceAgent } from 'redux-voice-agent'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'

// Mounted like an RTK Query api, by its `reducerPath` and `reducer`.
const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent', reducerPath: 'assistant' })
const reducer = combineSlices(voiceAgent)

const store = configureStore({
  reducer,
  middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
})

type RootState = ReturnType<typeof reducer>
// The state's type is inferred under the given path.
const statusOf = (state: RootState) => state.assistant.connection.status
store.subscribe(() => document.body.setAttribute('data-status', statusOf(store.getState())))

createRoot(document.getElementById('root') as HTMLElement).render(
  <Provider store={store}>
    <WebRTCVoiceAssistant config={{ agent: voiceAgent }} />
  </Provider>,
)
