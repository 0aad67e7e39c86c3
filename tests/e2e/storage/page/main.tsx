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

/** Time of a server whose clock is right: a page's own clock may have been replaced. */
const serverTime = () => performance.timeOrigin + performance.now()

let tokenRequests = 0

/** A call without a network: what is tested is what becomes of what is said in it. */
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

/** Gives up the conversations that were not used for longest, as many as are needed. */
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
 * An app with a voice agent; its query says how: `debounce` and `maxWait` in milliseconds, `call=real`, `devtools`, `quota=oldest` to
 * give up old conversations, `tokenLife` in milliseconds by the server's clock.
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
    /** Resolves when the page has restored what there is; gives whether there was anything. */
    restored: () => voiceAgent.sessionManager.initialize(),
    connect: () => voiceAgent.agent.connect(),
    say: (text: string) => voiceAgent.agent.sendText(text),
    /** The agent answers, to its end. */
    answer(text: string) {
      const turnId = crypto.getRandomValues(new Uint32Array(4)).join('-')
      transport.emit({ type: 'assistantTurnStarted', turnId })
      transport.emit({ type: 'assistantTextAppended', turnId, delta: text })
      transport.emit({ type: 'assistantTurnCompleted', turnId })
    },
    /** The user is saying this, and has not finished. */
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
    /** How often the scripted agent was called. */
    calls: () => transport.requests.length,
    tokenRequests: () => tokenRequests,
    now: () => Date.now(),
    connection: () => voiceAgent.selectors.selectVoiceAgent(store.getState()).connection,
    buy: (item: string) => store.dispatch(cart.actions.added(item)),
    cart: () => store.getState().cart,
    /** The recipe of docs/guides/store-setup.md. */
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
    /** Payloads of the event `storageDegraded` so far. */
    degradations,
    /** Payloads of the event `sessionsDeleted` so far. */
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
// `empty`: a page of the same origin that does not use the package.
if (!query.has('empty')) window.app = startApp(query)
if (query.has('second')) window.second = startApp(query)
if (query.has('frame')) {
  const frame = document.createElement('iframe')
  frame.src = location.pathname
  // Before and after the app of the page itself: both orders of loading happen.
  document.body.append(frame)
}
