import { configureStore } from '@reduxjs/toolkit'
import { Provider } from 'react-redux'
import { act, create } from 'react-test-renderer'
import { createVoiceAgent } from 'redux-voice-agent'
import {
  useMessages,
  VoiceAgentProvider,
  VoiceAssistantPictureInPicture,
  VoiceAssistantRoot,
} from 'redux-voice-agent/react'
import { scriptedTransport } from 'redux-voice-agent/testing'

/** An app that renders by other means than react-dom, which it does not have. */
globalThis.IS_REACT_ACT_ENVIRONMENT = true

const transport = scriptedTransport()
const voiceAgent = createVoiceAgent({
  apiEndpoint: '/api/voice-agent',
  transport,
  persistence: false,
  refreshToken: async () => ({ token: 'token', expiresAt: Date.now() + 3_600_000, sessionId: 'session' }),
})
const store = configureStore({
  reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
  middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
})

const Messages = () => <output>{useMessages().map(({ text }) => text)}</output>

let view
await act(async () => {
  view = create(
    <Provider store={store}>
      <VoiceAgentProvider agent={voiceAgent}>
        <Messages />
        <VoiceAssistantRoot>
          <VoiceAssistantPictureInPicture />
        </VoiceAssistantRoot>
      </VoiceAgentProvider>
    </Provider>,
  )
})
const show = (selector, found) => {
  document.querySelector(selector).textContent = found.flatMap(({ children }) => children).join(' ')
}

await act(async () => {
  await voiceAgent.agent.connect()
  transport.emit({ type: 'userTranscriptReceived', text: 'What teas do you have?', final: true })
})
show('output', view.root.findAllByType('output'))

async function press(button) {
  const { props } = view.root.findByProps({ 'aria-label': 'Open in a small window' })
  await act(async () => props.onClick({ currentTarget: button }))
  show('[role=alert]', view.root.findAllByProps({ role: 'alert' }))
}
document.querySelector('button').addEventListener('click', ({ currentTarget }) => void press(currentTarget))
