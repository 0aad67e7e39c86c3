import { configureStore } from '@reduxjs/toolkit'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import { createVoiceAgent } from 'redux-voice-agent'
import {
  VoiceAgentProvider,
  VoiceAssistantComposer,
  VoiceAssistantControls,
  VoiceAssistantDock,
  VoiceAssistantHeader,
  VoiceAssistantNotice,
  VoiceAssistantPictureInPicture,
  VoiceAssistantRoot,
  VoiceAssistantStatistics,
  VoiceAssistantTranscript,
} from 'redux-voice-agent/react'

declare global {
  interface Window {
    /** Announcements, with the window that made each one. */
    heard: string[]
    agents: Record<Name, typeof first>
  }
}

type Name = 'first' | 'second'

const apiEndpoint = '/api/voice-agent'
const first = createVoiceAgent({ apiEndpoint, reducerPath: 'first' as string })
const second = createVoiceAgent({ apiEndpoint, reducerPath: 'second' as string })
const agents = { first, second }
window.agents = agents
const store = configureStore({
  reducer: { [first.reducerPath]: first.reducer, [second.reducerPath]: second.reducer },
  middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(first.middleware, second.middleware),
})

window.heard = []
function listen(where: string, { body }: Document) {
  const observer = new MutationObserver((records) => {
    for (const { addedNodes, target } of records)
      for (const node of addedNodes)
        if ((target as Element).closest('[data-rva-part=announcer]') && node.textContent)
          window.heard.push(`${where}: ${node.textContent}`)
  })
  observer.observe(body, { childList: true, subtree: true })
}
listen('page', document)
const { documentPictureInPicture } = window as unknown as { documentPictureInPicture: EventTarget }
documentPictureInPicture.addEventListener('enter', (event) =>
  listen('window', (event as unknown as { window: Window }).window.document),
)

const Assistant = ({ title }: { title: string }) => (
  <VoiceAssistantRoot title={title} keepAwake>
    <VoiceAssistantPictureInPicture>
      <VoiceAssistantHeader />
      <VoiceAssistantStatistics />
      <VoiceAssistantNotice />
      <VoiceAssistantTranscript />
      <VoiceAssistantDock>
        <VoiceAssistantComposer />
        <VoiceAssistantControls />
      </VoiceAssistantDock>
    </VoiceAssistantPictureInPicture>
  </VoiceAssistantRoot>
)

function App() {
  const [name, setName] = useState<Name>('first')
  return (
    <Provider store={store}>
      <VoiceAgentProvider agent={agents[name]}>
        <input aria-label="Search the shop" />
        <button type="button" onClick={() => setName(name === 'first' ? 'second' : 'first')}>
          Another agent
        </button>
        <button type="button" onClick={() => document.documentElement.classList.toggle('night')}>
          Night
        </button>
        <Assistant title="Ask the shop" />
        <Assistant title="Ask again" />
      </VoiceAgentProvider>
    </Provider>
  )
}

createRoot(document.getElementById('root') as HTMLElement).render(<App />)
