import { Provider } from 'react-redux'
import { RouterProvider } from 'react-router'
import { VoiceAgentProvider } from 'redux-voice-agent/react'
import { AssistantDock } from './components/AssistantDock.js'
import { router } from './routes/router.js'
import { store } from './store.js'
import { voiceAgent } from './voice-agent.js'

/** The assistant stands beside the router, not inside it: no navigation can end a call. */
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
