import { ActionCreators, instrument } from '@redux-devtools/instrument'
import { configureStore, type StoreEnhancer } from '@reduxjs/toolkit'
import { Provider } from 'react-redux'
import { createVoiceAgent } from 'redux-voice-agent'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, onTestFinished, test } from 'vitest'
import { button, find, render, scriptedOptions } from './support.js'

interface LiftedStore {
  dispatch: (action: object) => void
  getState: () => { nextActionId: number }
}

test("jumping back in time shows the past and doesn't affect the call", async () => {
  const options = scriptedOptions()
  const voiceAgent = createVoiceAgent(options)
  onTestFinished(() => voiceAgent.dispose())
  const store = configureStore({
    reducer: { [voiceAgent.reducerPath]: voiceAgent.reducer },
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefaultEnhancers) => getDefaultEnhancers().concat(instrument() as StoreEnhancer),
  })
  const { liftedStore } = store as unknown as { liftedStore: LiftedStore }
  const { container } = render(
    <Provider store={store}>
      <WebRTCVoiceAssistant config={{ agent: voiceAgent }} />
    </Provider>,
  )
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')

  liftedStore.dispatch(ActionCreators.jumpToState(0))
  await find(container, '[data-connection=idle]')
  expect(options.transport.open).toBe(1)

  const { nextActionId } = liftedStore.getState()
  liftedStore.dispatch(ActionCreators.jumpToAction(nextActionId - 1))
  await find(container, '[data-connection=connected]')
  expect(options.transport.requests).toHaveLength(1)
})
