import { Provider } from 'react-redux'
import { RouterProvider } from 'react-router'
import { VoiceAgentProvider } from 'redux-voice-agent/react'
import { AssistantDock } from './components/AssistantDock.js'
import { router } from './routes/router.js'
import { store } from './store.js'
import { voiceAgent } from './voice-agent.js'

/** Renders the assistant outside the router, so that navigation can't end a call. */
export function App() {
  return (
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent}>
        <div className="app">
          <RouterProvider router={router} />
          <AssistantDock />
        </div>
      </VoiceAgentProvider>
    </Provider>
  )
}
