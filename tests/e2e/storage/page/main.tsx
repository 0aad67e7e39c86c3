import { ActionCreators, instrument, type LiftedState } from '@redux-devtools/instrument'
import {
  combineReducers,
  configureStore,
  createAction,
  createSlice,
  type PayloadAction,
  type StoreEnhancer,
  type UnknownAction,
} from '@reduxjs/toolkit'
import { createRoot } from 'react-dom/client'
import { Provider } from 'react-redux'
import {
  createVoiceAgent,
  type OnQuotaExceeded,
  type VoiceAgentOptions,
  type VoiceError,
} from 'redux-voice-agent'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { type ScriptedTransport, scriptedTransport } from 'redux-voice-agent/testing'

interface LiftedStore {
  dispatch: (action: object) => void
  getState: () => LiftedState<unknown, UnknownAction, unknown>
}

/** Time of a server with a correct clock. Tests may replace the page's own clock. */
const serverTime = () => performance.timeOrigin + performance.now()

let tokenRequests = 0

/** A call without a network, because these tests only concern the storage. */
function scriptedCall(transport: ScriptedTransport, tokenLife: string | null): Partial<VoiceAgentOptions> {
  return {
    transport,
    refreshToken: async ({ sessionId }) => {
      tokenRequests++
      return {
        token: 'token-in-the-clear',
        expiresAt: tokenLife === null ? Date.now() + 3_600_000 : serverTime() + Number(tokenLife),
        // Insecure origins have no randomUUID.
        sessionId: sessionId ?? crypto.getRandomValues(new Uint32Array(4)).join('-'),
      }
    },
  }
}

/** Deletes the least recently used conversations, as many as needed. */
const chooseOldest: OnQuotaExceeded = ({ neededBytes, candidates }) => {
  let freed = 0
  return candidates
    .filter(({ bytes }) => {
      const isNeeded = freed < neededBytes
      freed += bytes
      return isNeeded
    })
    .map(({ id }) => id)
}

/**
 * An app with a voice agent, configured by the query: `debounce` and `maxWait` in milliseconds, `call=real`, `devtools`, `quota=oldest`
 * to delete old conversations, `tokenLife` in milliseconds by the server's clock.
 */
function startApp(query: URLSearchParams) {
  const transport = scriptedTransport(() => 'resumed')
  const voiceAgent = createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    autoReconnect: 'always',
    persistence: {
      debounceMs: Number(query.get('debounce') ?? 100),
      maxWaitMs: Number(query.get('maxWait') ?? 400),
      restore: 'all',
      ...(query.has('user') ? { scope: String(query.get('user')) } : {}),
      ...(query.has('ask') ? { consent: 'ask' } : {}),
      ...(query.get('quota') === 'oldest' ? { onQuotaExceeded: chooseOldest } : {}),
    },
    ...(query.get('call') === 'real' ? {} : scriptedCall(transport, query.get('tokenLife'))),
  })
  const cart = createSlice({
    name: 'cart',
    initialState: [] as string[],
    reducers: { added: (items, { payload }: PayloadAction<string>) => void items.push(payload) },
  })
  const signedOut = createAction('signedOut')
  const appReducer = combineReducers({ cart: cart.reducer, [voiceAgent.reducerPath]: voiceAgent.reducer })
  const store = configureStore({
    reducer: (state: ReturnType<typeof appReducer> | undefined, action: UnknownAction) =>
      appReducer(signedOut.match(action) ? undefined : state, action),
    middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware),
    devTools: false,
    enhancers: (getDefaultEnhancers) =>
      query.has('devtools')
        ? getDefaultEnhancers().concat(instrument() as StoreEnhancer)
        : getDefaultEnhancers(),
  })
  const degradations: VoiceError[] = []
  voiceAgent.agent.on('storageDegraded', (error) => degradations.push(error))
  const deletions: { sessionIds: string[]; reason: string }[] = []
  voiceAgent.agent.on('sessionsDeleted', (deleted) => deletions.push(deleted))
  createRoot(document.getElementById('root') as HTMLElement).render(
    <Provider store={store}>
      <WebRTCVoiceAssistant config={{ agent: voiceAgent }} />
    </Provider>,
  )

  return {
    /** Resolves when the page has finished restoring, with whether anything was restored. */
    restored: () => voiceAgent.sessionManager.initialize(),
    connect: () => voiceAgent.agent.connect(),
    say: (text: string) => voiceAgent.agent.sendText(text),
    /** The agent gives a complete answer. */
    answer(text: string) {
      const turnId = crypto.getRandomValues(new Uint32Array(4)).join('-')
      transport.emit({ type: 'assistantTurnStarted', turnId })
      transport.emit({ type: 'assistantTextAppended', turnId, delta: text })
      transport.emit({ type: 'assistantTurnCompleted', turnId })
    },
    /** The user is still saying this. */
    interim(text: string) {
      transport.emit({ type: 'userSpeechStarted' })
      transport.emit({ type: 'userTranscriptReceived', text, final: false })
    },
    interimText: () => voiceAgent.selectors.selectInterimTranscript(store.getState())?.text,
    save: () => voiceAgent.persistor.flush(),
    texts: () => voiceAgent.selectors.selectMessages(store.getState()).map(({ text }) => text),
    session: () => voiceAgent.selectors.selectSession(store.getState()),
    sessions: () => voiceAgent.sessionManager.listSessions(),
    restoreSession: (id: string) => voiceAgent.sessionManager.restoreSession(id),
    /** Number of calls to the scripted agent. */
    calls: () => transport.requests.length,
    tokenRequests: () => tokenRequests,
    now: () => Date.now(),
    connection: () => voiceAgent.selectors.selectVoiceAgent(store.getState()).connection,
    buy: (item: string) => store.dispatch(cart.actions.added(item)),
    cart: () => store.getState().cart,
    /** The recipe from docs/guides/store-setup.md. */
    async signOut() {
      await voiceAgent.agent.reset({ scope: null })
      store.dispatch(signedOut())
    },
    async signOutAndErase() {
      await voiceAgent.sessionManager.eraseAll()
      store.dispatch(signedOut())
    },
    async signIn(userId: string) {
      await voiceAgent.agent.reset({ scope: userId })
      return voiceAgent.sessionManager.restoreSession()
    },
    setConsent: (consent: boolean) => voiceAgent.agent.setConsent(consent),
    cleanUp: () => voiceAgent.sessionManager.cleanup(),
    /** Payloads of all `storageDegraded` events so far. */
    degradations,
    /** Payloads of all `sessionsDeleted` events so far. */
    deletions,
    devTools: { ...ActionCreators, store: (store as unknown as { liftedStore: LiftedStore }).liftedStore },
  }
}

export type App = ReturnType<typeof startApp>

declare global {
  interface Window {
    app: App
    /** A second agent with the same database. */
    second?: App
  }
}

const query = new URLSearchParams(location.search)
// `empty`: a page of the same origin that doesn't use the package.
if (!query.has('empty')) window.app = startApp(query)
if (query.has('second')) window.second = startApp(query)
// Tells the shown page that the browser has prerendered this one.
if ((document as Document & { prerendering?: boolean }).prerendering)
  localStorage.setItem('prerendered', location.href)
if (query.has('frame')) {
  const frame = document.createElement('iframe')
  frame.src = location.pathname
  // Before or after the page's own app, because both load orders occur.
  document.body.append(frame)
}
