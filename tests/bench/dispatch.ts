/**
 * Measures the cost that the voice agent adds to the app's own actions: `npm run bench:dispatch`. Runs in Node, with only the store.
 *
 * - Middleware: an app action, through the agent's middleware and through an empty one; production mode.
 * - State: the same action with 100 and with 10,000 messages in the state, with RTK's development checks off and on.
 * - Messages: an agent action that adds a message, in the same states.
 *
 * Each figure is the median of nine alternating rounds, so a garbage collection in one of them has no effect.
 *
 * @packageDocumentation
 */
import { configureStore, createSlice, type Middleware, type UnknownAction } from '@reduxjs/toolkit'
import { createVoiceAgent } from 'redux-voice-agent'
import { scriptedTransport } from 'redux-voice-agent/testing'

const counter = createSlice({
  name: 'counter',
  initialState: 0,
  reducers: { incremented: (state) => state + 1 },
})
const { incremented } = counter.actions
const rounds = 9

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN

interface Measured {
  dispatch(action: UnknownAction): unknown
}

/** Microseconds per dispatch, for several stores measured in alternation. */
function measure(stores: Record<string, Measured>, count: number, action: () => UnknownAction = incremented) {
  const taken = Object.fromEntries(Object.keys(stores).map((name) => [name, [] as number[]]))
  for (let round = -2; round < rounds; round++) {
    for (const [name, store] of Object.entries(stores)) {
      const start = performance.now()
      for (let index = 0; index < count; index++) store.dispatch(action())
      // Two warm-up rounds.
      if (round >= 0) taken[name]?.push(((performance.now() - start) * 1_000) / count)
    }
  }
  return Object.fromEntries(Object.entries(taken).map(([name, values]) => [name, median(values)]))
}

const createAgent = () =>
  createVoiceAgent({
    apiEndpoint: '/api/voice-agent',
    transport: scriptedTransport(),
    refreshToken: () => Promise.reject(new Error('No call is made here.')),
    persistence: false,
  })

const handOn: Middleware = () => (next) => (action) => next(action)

function storeWith(middleware: (agent: ReturnType<typeof createAgent>) => Middleware) {
  const agent = createAgent()
  return configureStore({
    reducer: { voiceAgent: agent.reducer, counter: counter.reducer },
    middleware: (defaults) =>
      defaults({ immutableCheck: false, serializableCheck: false }).concat(middleware(agent)),
    devTools: false,
  })
}

type Checks = 'off' | 'on' | 'left out'

function storeWithMessages(count: number, checks: Checks) {
  const agent = createAgent()
  const messages = Array.from({ length: count }, (_, index) => ({
    id: `m${index}`,
    role: 'user' as const,
    text: 'What teas do you have?',
    status: 'final' as const,
    createdAt: index,
  }))
  const check = checks !== 'off' && {
    warnAfter: Number.POSITIVE_INFINITY,
    ...(checks === 'left out' ? { ignoredPaths: ['voiceAgent'] } : {}),
  }
  const store = configureStore({
    reducer: { voiceAgent: agent.reducer, counter: counter.reducer },
    middleware: (defaults) =>
      defaults({ immutableCheck: check, serializableCheck: check }).concat(agent.middleware),
    devTools: false,
  })
  store.dispatch(
    agent.actions.sessionRehydrated({
      id: 's',
      tabId: 't',
      createdAt: 0,
      revision: 1,
      startedAt: null,
      endedAt: null,
      reconnectAttempts: 0,
      messages,
      firstLoadedIndex: 0,
    }),
  )
  return store
}

const µs = (value: number | undefined) => `${(value ?? Number.NaN).toFixed(2)} µs`

const { empty, agent } = measure(
  { empty: storeWith(() => handOn), agent: storeWith(({ middleware }) => middleware) },
  200_000,
) as { empty: number; agent: number }
console.log('An action of the app')
console.log(`  through an empty middleware      ${µs(empty)}`)
console.log(
  `  through the voice agent's        ${µs(agent)}   ${(agent / empty).toFixed(2)} ×, ${µs(agent - empty)} more`,
)
console.log(`  ${agent - empty <= 1 ? 'reached' : 'NOT reached'}: at most 1 µs more\n`)

const { actions } = createAgent()
let said = 0
const messageAdded = () =>
  actions.userTranscriptReceived({ id: `said-${said++}`, text: 'Is it fresh?', final: true, at: 0 })

for (const [name, checks, action, count] of [
  ['an action of the app, checks off', 'off', incremented, 100_000],
  ['an action of the app, checks on', 'on', incremented, 10_000],
  ['a message, checks off', 'off', messageAdded, 200],
  ['a message, checks on', 'on', messageAdded, 200],
  ['a message, the agent left out', 'left out', messageAdded, 200],
] as const) {
  const stores = { few: storeWithMessages(100, checks), many: storeWithMessages(10_000, checks) }
  const { few, many } = measure(stores, count, action) as { few: number; many: number }
  console.log(
    `${name.padEnd(36)} 100 messages ${µs(few).padStart(10)}   10,000 messages ${µs(many).padStart(10)}   ${(many / few).toFixed(2)} ×`,
  )
}
