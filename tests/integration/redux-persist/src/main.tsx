import { combineReducers, configureStore, createSlice } from '@reduxjs/toolkit'
import { createRoot } from 'react-dom/client'
import { Provider, useDispatch, useSelector } from 'react-redux'
import {
  createMigrate,
  FLUSH,
  PAUSE,
  PERSIST,
  PURGE,
  persistReducer,
  persistStore,
  REGISTER,
  REHYDRATE,
} from 'redux-persist'
import { PersistGate } from 'redux-persist/integration/react'
import storage from 'redux-persist/lib/storage'
import { createVoiceAgent } from 'redux-voice-agent'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'

// The original app: a counter that redux-persist stores, with its own migration.
const counter = createSlice({
  name: 'counter',
  initialState: { value: 0 },
  reducers: {
    incremented(state) {
      state.value += 1
    },
  },
})

// Added: the agent, and its key on the blacklist.
const voiceAgent = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })

const migrate = createMigrate({
  // Version 0 counted in `counter.count`.
  1: (state) => {
    const { counter: old, ...rest } = state as typeof state & { counter?: { count?: number } }
    return { ...rest, counter: { value: old?.count ?? 0 } } as typeof state
  },
})

const reducer = persistReducer(
  // redux-persist's storage is CommonJS, which bundlers expose in different ways.
  {
    key: 'root',
    version: 1,
    migrate,
    storage: 'default' in storage ? (storage.default as typeof storage) : storage,
    blacklist: [voiceAgent.reducerPath],
  },
  combineReducers({ counter: counter.reducer, [voiceAgent.reducerPath]: voiceAgent.reducer }),
)

const store = configureStore({
  reducer,
  middleware: (getDefaultMiddleware) =>
    getDefaultMiddleware({
      serializableCheck: { ignoredActions: [FLUSH, REHYDRATE, PAUSE, PERSIST, PURGE, REGISTER] },
    }).concat(voiceAgent.middleware),
})
const persistor = persistStore(store)

type RootState = ReturnType<typeof store.getState>

function Counter() {
  const value = useSelector((state: RootState) => state.counter.value)
  const dispatch = useDispatch()
  return (
    <button type="button" onClick={() => dispatch(counter.actions.incremented())}>
      Clicked {value} times
    </button>
  )
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <Provider store={store}>
    <PersistGate persistor={persistor} loading={<p>Loading…</p>}>
      <Counter />
    </PersistGate>
    <PersistGate persistor={voiceAgent.persistor}>
      <WebRTCVoiceAssistant config={{ agent: voiceAgent }} />
    </PersistGate>
  </Provider>,
)
