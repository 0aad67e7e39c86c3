import { createVoiceAgent, VoiceAgentError } from 'redux-voice-agent'
import { expect, it } from 'vitest'
import { resolveOptions } from '../../src/lib/voice-agent/options/resolve-options.js'

function refusalOf(options: object | undefined): VoiceAgentError | null {
  try {
    createVoiceAgent(options as Parameters<typeof createVoiceAgent>[0])
    return null
  } catch (error) {
    return error as VoiceAgentError
  }
}

const withEndpoint = (options: object) => ({ apiEndpoint: '/api/voice-agent', ...options })
const nonsense: [name: string, options: object][] = [
  ['transport', { transport: 'webrtc' }],
  ['refreshToken', { refreshToken: 'https://example.test/token' }],
  ['openMicrophone', { openMicrophone: true }],
  ['buildContext', { buildContext: [] }],
  ['reconnect', { reconnect: 'fast' }],
  ['reconnect', { reconnect: null }],
  ['reconnect.baseDelayMs', { reconnect: { baseDelayMs: 'soon' } }],
  ['reconnect.maxDelayMs', { reconnect: { maxDelayMs: -1 } }],
  ['reconnect.maxAttempts', { reconnect: { maxAttempts: Number.NaN } }],
  ['tools', { tools: null }],
  ['tools.buy', { tools: { buy: null } }],
  ['contextMessages', { contextMessages: '10' }],
  ['persistence', { persistence: null }],
  ['persistence', { persistence: 'indexeddb' }],
  ['persistence.debounceMs', { persistence: { debounceMs: -1 } }],
  ['persistence.maxWaitMs', { persistence: { maxWaitMs: Number.POSITIVE_INFINITY } }],
  ['persistence.retentionMs', { persistence: { retentionMs: '7 days' } }],
  ['persistence.version', { persistence: { version: Number.NaN } }],
  ['persistence.databaseName', { persistence: { databaseName: '' } }],
  ['persistence.driver', { persistence: { driver: 5 } }],
  ['persistence.driver', { persistence: { driver: ['asyncStorage', null] } }],
  ['persistence.keyProvider', { persistence: { keyProvider: 'key' } }],
  ['persistence.migrate', { persistence: { migrate: {} } }],
  ['persistence.storage', { persistence: { storage: 'disk' } }],
  ['persistence.storage', { persistence: { storage: {} } }],
  ['persistence.restore', { persistence: { restore: 'some' } }],
]

it.each(nonsense)('%s is rejected by name: %j', (name, options) => {
  const refusal = refusalOf(withEndpoint(options))
  expect(refusal).toBeInstanceOf(VoiceAgentError)
  expect(refusal?.code).toBe('invalid-option')
  expect(refusal?.message.startsWith(name)).toBe(true)
})

it.each([
  [{ endpoint: '/api' }, "apiEndpoint must be a URL or path such as '/api/voice-agent'; got undefined."],
  [{ refreshToken: 'secret' }, 'refreshToken must be a function; got string.'],
  [{ persistence: true }, 'persistence must be an object or false; got true.'],
  [
    { reconnect: false },
    'reconnect must be an object or a function; { maxAttempts: 0 } turns it off; got false.',
  ],
  [{ reconnect: { maxAttempts: '3' } }, 'reconnect.maxAttempts must be a number, 0 or more; got string.'],
  [{ contextMessages: -1 }, 'contextMessages must be a finite number, 0 or more; got -1.'],
  [{ mirror: () => {} }, 'mirror must be mirrorTabs(); got function.'],
  [{ analytics: true }, 'analytics must be voiceAnalytics(); got true.'],
  [{ tools: [] }, 'tools must be an object; got an array.'],
  [{ persistence: { scope: '' } }, "persistence.scope must be a non-empty string; got ''."],
  [{ autoReconnect: true }, "autoReconnect must be one of 'if-permitted', 'always', 'never'; got true."],
  [{ persistence: { consent: 'yes' } }, "persistence.consent must be one of true, false, 'ask'; got 'yes'."],
])('a refusal says what is expected and what it got: %j', (options, message) => {
  const endpoint = 'endpoint' in options ? {} : { apiEndpoint: '/api' }
  expect(refusalOf({ ...endpoint, ...options })?.message).toBe(message)
})

it('missing options are rejected like any that lack the endpoint', () => {
  expect(refusalOf(undefined)).toMatchObject({
    code: 'invalid-option',
    message: expect.stringMatching(/^apiEndpoint/),
  })
})

it.each([
  { persistence: false },
  { persistence: { driver: ['asyncStorage', 'localStorageWrapper'], restore: 'all', retentionMs: 0 } },
  { reconnect: { maxAttempts: Number.POSITIVE_INFINITY } },
  { reconnect: () => null },
  { contextMessages: 0 },
])('%j is accepted', (options) => {
  expect(refusalOf(withEndpoint(options))).toBeNull()
})

it('an invalid token callback is rejected where it is set', () => {
  const { sessionManager } = createVoiceAgent({ apiEndpoint: '/api/voice-agent' })
  const set = () => sessionManager.setTokenRefreshCallback(undefined as never)
  expect(set).toThrow(expect.objectContaining({ code: 'invalid-option' }))
})

it('without options, the documented defaults apply', () => {
  const { policy, ...resolved } = resolveOptions({ apiEndpoint: '/api/voice-agent' })
  expect(resolved).toEqual({
    apiEndpoint: '/api/voice-agent',
    autoReconnect: 'if-permitted',
    talk: 'hands-free',
    contextMessages: 10,
    tools: {},
    reducerPath: 'voiceAgent',
    storage: { databaseName: 'redux-voice-agent' },
    timing: { debounceMs: 2_000, maxWaitMs: 5_000, version: 1, retentionMs: 604_800_000 },
  })
  expect(policy.maxAttempts).toBe(25)
})
