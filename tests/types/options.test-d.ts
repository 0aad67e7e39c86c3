/** An option of the wrong type is a compile error at that option. */
import { createMigrate } from 'redux-persist'
import {
  createReconnectPolicy,
  createVoiceAgent,
  type PersistenceOptions,
  type ReconnectPolicy,
  type VoiceAgentOptions,
  WebRTCVoiceAgent,
} from 'redux-voice-agent'
import { smallWebRtcTransport, type VoiceTransportFactory } from 'redux-voice-agent/transports'
import { expectTypeOf } from 'vitest'

const apiEndpoint = '/api/voice-agent'

// All options together, as a user would write them.
createVoiceAgent({
  apiEndpoint,
  transport: smallWebRtcTransport(),
  refreshToken: async ({ sessionId }) => ({
    token: 't',
    expiresAt: '2027-01-01T00:00:00Z',
    sessionId: sessionId ?? 's',
  }),
  persistence: {
    debounceMs: 2_000,
    maxWaitMs: 5_000,
    retentionMs: 86_400_000,
    databaseName: 'mine',
    driver: ['asyncStorage'],
    keyProvider: async () => ({}) as CryptoKey,
    version: 2,
    migrate: createMigrate({}),
    restore: 'all',
  },
  reconnect: { baseDelayMs: 500, maxDelayMs: 5_000, maxAttempts: 25 },
  autoReconnect: 'always',
  contextMessages: 10,
  reducerPath: 'agent',
  audio: { echoCancellation: true },
  iceServers: [{ urls: 'stun:stun.example.com' }],
  iceTransportPolicy: 'relay',
})
createVoiceAgent({ apiEndpoint, persistence: false, reconnect: createReconnectPolicy({ maxAttempts: 3 }) })
createVoiceAgent({ apiEndpoint, reconnect: ({ attempt }) => (attempt > 3 ? null : 1_000) })
expectTypeOf<VoiceAgentOptions['transport']>().toEqualTypeOf<VoiceTransportFactory | undefined>()
expectTypeOf<VoiceAgentOptions['persistence']>().toEqualTypeOf<false | PersistenceOptions | undefined>()
expectTypeOf<PersistenceOptions['restore']>().toEqualTypeOf<'newest' | 'all' | undefined>()
expectTypeOf<ReturnType<ReconnectPolicy>>().toEqualTypeOf<number | null>()

// @ts-expect-error The endpoint is required.
createVoiceAgent({})
// @ts-expect-error
createVoiceAgent({ apiEndpoint: new URL('https://example.com') })
// @ts-expect-error `true` is not an options object: omit it instead.
createVoiceAgent({ apiEndpoint, persistence: true })
// @ts-expect-error Milliseconds, as a number.
createVoiceAgent({ apiEndpoint, persistence: { debounceMs: '2s' } })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, persistence: { restore: 'oldest' } })
// @ts-expect-error A key is a CryptoKey, not its bytes.
createVoiceAgent({ apiEndpoint, persistence: { keyProvider: async () => new Uint8Array(32) } })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, reconnect: { retries: 3 } })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, reconnect: () => '1s' })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, autoReconnect: true })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, contextMessages: 'all' })
// @ts-expect-error A token needs its expiry and its session.
createVoiceAgent({ apiEndpoint, refreshToken: async () => ({ token: 't' }) })
// @ts-expect-error A transport is a factory, which creates one per connection.
createVoiceAgent({ apiEndpoint, transport: { connect: async () => 'fresh' } })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, transport: () => ({ connect: async () => 'new', send() {}, close() {} }) })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, reducerPath: 1 })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, audio: true })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, iceServers: ['stun:stun.example.com'] })
// @ts-expect-error
createVoiceAgent({ apiEndpoint, iceTransportPolicy: 'tcp' })
// @ts-expect-error A misspelled option.
createVoiceAgent({ apiEndpoint, persistance: false })
// @ts-expect-error
new WebRTCVoiceAgent({ apiEndpoint, contextMessages: null })
