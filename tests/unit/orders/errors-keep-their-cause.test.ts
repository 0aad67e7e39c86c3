import { inspect } from 'node:util'
import { VoiceAgentError, type VoiceAgentOptions, type VoiceErrorCode } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import type { VoiceTransport } from 'redux-voice-agent/transports'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { statusIs } from '../middleware/support.js'
import { captureUncaught, countingTokens, type Page, rest, setUp } from './support.js'
// Loads lazily with the first warning. Without this import, that warning would be later than the others.
import '../../../src/lib/voice-agent/development/index.js'
import { ofTheMachine } from '../../support/of-the-machine.js'

/** Thrown because of a developer's mistake. */
const boom = new TypeError("Cannot read properties of undefined (reading 'sdp')")
const throwBoom = (): never => {
  throw boom
}
const rejectBoom = () => Promise.reject(boom)

const transportOf = (parts: Partial<VoiceTransport>) => (): VoiceTransport => ({
  connect: async () => 'fresh',
  send() {},
  close() {},
  ...parts,
})

type Options = Partial<Omit<VoiceAgentOptions, 'reducerPath'>>

/** Mistakes that prevent a call. `cause` is null if there is only the package's own error. */
const mistakes: [string, Options, VoiceErrorCode][] = [
  ['a transport that throws when created', { transport: throwBoom }, 'internal'],
  ['a transport whose connect() throws', { transport: transportOf({ connect: throwBoom }) }, 'internal'],
  ['a transport whose connect() rejects', { transport: transportOf({ connect: rejectBoom }) }, 'internal'],
  ['refreshToken that throws', { refreshToken: throwBoom }, 'token-refresh-failed'],
  ['refreshToken that rejects', { refreshToken: rejectBoom }, 'token-refresh-failed'],
]

let warnings: unknown[][]
beforeEach(() => {
  warnings = []
  vi.spyOn(console, 'warn').mockImplementation((...args) => {
    if (!ofTheMachine.test(String(args[0]))) warnings.push(args)
  })
})
afterEach(async () => {
  await rest()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

async function rejectionOf(promise: Promise<unknown>): Promise<VoiceAgentError> {
  const settled = await promise.then(
    () => null,
    (error: unknown) => error,
  )
  expect(settled).toBeInstanceOf(VoiceAgentError)
  return settled as VoiceAgentError
}

describe.each(mistakes)('%s', (_name, options, code) => {
  it('is the cause of the rejection', async () => {
    const error = await rejectionOf(setUp(undefined, options).agent.connect())
    expect(error.code).toBe(code)
    expect(error.cause).toBe(boom)
  })

  it('is logged to the console once, in development', async () => {
    const page = setUp(undefined, options)
    await rejectionOf(page.agent.connect())
    await rest()
    expect(warnings).toHaveLength(1)
    const told = inspect(warnings[0], { depth: 9 })
    expect(told).toContain(code)
    expect(told).toContain(boom.message)
  })

  it('is not logged to the console in production', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const page = setUp(undefined, options)
    const error = await rejectionOf(page.agent.connect())
    await rest()
    expect(warnings).toEqual([])
    expect(error.cause).toBe(boom)
  })

  it("does not enter the state: the error in the store has the package's own text", async () => {
    const page = setUp(undefined, options)
    await rejectionOf(page.agent.connect())
    expect(page.state().connection.error).toEqual({
      code,
      message: expect.any(String),
      recoverable: expect.any(Boolean),
    })
    expect(JSON.stringify(page.state())).not.toContain('reading')
  })
})

it.each([
  ['refreshToken that throws', throwBoom],
  ['refreshToken that rejects', rejectBoom],
])("%s is the cause of createSession()'s rejection", async (_name, refreshToken) => {
  const error = await rejectionOf(setUp(undefined, { refreshToken }).sessionManager.createSession())
  expect(error).toMatchObject({ code: 'token-refresh-failed' })
  expect(error.cause).toBe(boom)
})

it.each([
  ['no token', {}],
  ['nothing', null],
  ['a token without a session', { token: 't', expiresAt: Date.now() + 600_000 }],
  ['a time that is none', { token: 't', expiresAt: 'tomorrow', sessionId: 's' }],
])(
  'an answer of refreshToken with %s says what is missing, and not what was there',
  async (_name, answer) => {
    const page = setUp(undefined, { refreshToken: async () => answer as never })
    const error = await rejectionOf(page.agent.connect())
    expect(error.code).toBe('token-malformed')
    await rest()
    expect(warnings).toHaveLength(1)
    expect(inspect(warnings[0], { depth: 9 })).toContain('token-malformed')
  },
)

it.each([undefined, null, 'connected', 1])(
  'a transport that responds with %s is reported by option name',
  async (answer) => {
    const page = setUp(undefined, { transport: transportOf({ connect: async () => answer as never }) })
    const error = await rejectionOf(page.agent.connect())
    expect(error).toMatchObject({ code: 'invalid-option', message: expect.stringContaining('transport') })
    await rest()
    expect(warnings).toHaveLength(1)
    expect(inspect(warnings[0], { depth: 9 })).toContain('invalid-option')
  },
)

it("an app's own VoiceAgentError keeps its code and its cause", async () => {
  const page = setUp(() => {
    throw new VoiceAgentError('signalling-rejected', 'Closed today.', { cause: boom })
  })
  const error = await rejectionOf(page.agent.connect())
  expect(error).toMatchObject({ code: 'signalling-rejected', message: 'Closed today.' })
  expect(error.cause).toBe(boom)
})

it('a repeated error is logged once, and again with another cause', async () => {
  const causes = [boom, boom, new RangeError('Too long.')]
  const page = setUp(() => {
    throw causes.shift()
  })
  for (let attempt = 0; attempt < 3; attempt++) await rejectionOf(page.agent.connect())
  await rest()
  expect(warnings).toHaveLength(2)
  expect(inspect(warnings[1])).toContain('RangeError: Too long.')
})

it('a warning contains the code, what was expected and received, the remedy, and where the docs explain it', async () => {
  const page = setUp(undefined, {
    refreshToken: async () => ({ token: 'the-token', sessionId: 's', expiresAt: 'soon' }),
  })
  await rejectionOf(page.agent.connect())
  await rest()
  expect(warnings).toEqual([
    [
      [
        '[redux-voice-agent] token-malformed: refreshToken must return expiresAt, in seconds, milliseconds or ISO 8601; got string.',
        'To fix: Answer with `{ "token": "…", "expiresAt": 1790000000, "session_id": "…" }` as JSON. Your own `refreshToken` returns `{ token, expiresAt, sessionId }`.',
        'See redux-voice-agent/docs/reference/errors.md#token-malformed.',
      ].join('\n'),
    ],
  ])
})

it('a refreshToken that throws is named, without the text of its error', async () => {
  const cause = new Error('the-token is wrong')
  const page = setUp(undefined, { refreshToken: () => Promise.reject(cause) })
  const error = await rejectionOf(page.agent.connect())
  await rest()
  expect(error).toMatchObject({ code: 'token-refresh-failed', cause })
  expect(error.message).toContain('refreshToken must resolve to a token; it threw.')
  expect(inspect([error.message, warnings])).not.toContain('the-token')
})

it('a transport factory that was not called is named', async () => {
  const page = setUp(undefined, { transport: (() => () => {}) as never })
  expect(await rejectionOf(page.agent.connect())).toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining('smallWebRtcTransport(), not smallWebRtcTransport'),
  })
  await rest()
})

it('an error that only the user can resolve is not logged for the developer', async () => {
  const page = setUp(() => {
    throw new VoiceAgentError('session-open-elsewhere')
  })
  await rejectionOf(page.agent.connect())
  await rest()
  expect(warnings).toEqual([])
})

it('the cause of a permanent connection failure is the cause of the last error', async () => {
  const agent = { isDown: false }
  const page = setUp(() => {
    if (agent.isDown) throw new VoiceAgentError('agent-unreachable', undefined, { cause: boom })
    return 'fresh'
  })
  await page.agent.connect()
  agent.isDown = true
  const lost = statusIs(page.agent, 'reconnecting')
  page.transport.emit({ type: 'connectionState', state: 'closed' })
  await lost
  const error = await rejectionOf(page.agent.connect())
  expect(error.code).toBe('reconnect-exhausted')
  expect(inspect(error, { depth: 9 })).toContain(boom.message)
  await rest()
  expect(warnings).toHaveLength(1)
  expect(inspect(warnings[0])).toContain(boom.message)
})

/** Mistakes that don't affect the call. */
const harmless: [string, Options, (page: Page) => Promise<unknown> | unknown, VoiceErrorCode | null][] = [
  [
    "a text that a transport can't send",
    { transport: transportOf({ send: throwBoom }) },
    ({ agent }) => expect(() => agent.sendText('hello')).toThrow(expect.objectContaining({ cause: boom })),
    'internal',
  ],
  [
    "a message beside the conversation that a transport can't send",
    { transport: transportOf({ send: throwBoom }) },
    ({ agent }) => agent.sendClientMessage('cart', []),
    'internal',
  ],
]

it.each(harmless)(
  '%s is logged to the console, and the call stays live',
  async (_name, options, act, code) => {
    const page = setUp(undefined, options)
    await page.agent.connect()
    await act(page)
    await rest()
    expect(page.state().connection.status).toBe('connected')
    expect(warnings).toHaveLength(1)
    const told = inspect(warnings[0], { depth: 9 })
    expect(told).toContain(boom.message)
    expect(told).toContain(code)
  },
)

it.each([
  ['throws', throwBoom],
  ['rejects', rejectBoom],
])(
  'a buildContext that %s is named on the console, and the call is made without it',
  async (_how, buildContext) => {
    const page = setUp(undefined, { buildContext })
    await page.agent.connect()
    page.agent.sendText('hello')
    await page.agent.disconnect()
    await page.agent.connect()
    await rest()
    expect(page.state().connection.status).toBe('connected')
    expect(warnings).toHaveLength(1)
    expect(inspect(warnings[0], { depth: 9 })).toContain(boom.message)
  },
)

it('a reconnect policy that throws is logged by option name', async () => {
  const page = setUp(undefined, { reconnect: throwBoom })
  await page.agent.connect()
  page.transport.emit({ type: 'connectionState', state: 'closed' })
  await vi.waitFor(() => expect(page.state().connection.status).toBe('failed'))
  await rest()
  expect(page.state().connection.error?.code).toBe('invalid-option')
  expect(warnings).toHaveLength(1)
  expect(inspect(warnings[0], { depth: 9 })).toContain(boom.message)
})

it('a storage that throws is logged to the console', async () => {
  captureUncaught()
  const storage = memoryStorage('tab')
  storage.records.setItem = rejectBoom
  const page = setUp(undefined, { persistence: { storage, debounceMs: 0 } })
  await page.sessionManager.initialize()
  await page.agent.connect()
  page.agent.sendText('hello')
  await page.voiceAgent.persistor.flush()
  await rest()
  expect(warnings.length).toBeGreaterThanOrEqual(1)
  expect(inspect(warnings[0], { depth: 9 })).toContain(boom.message)
})

it('neither a token nor conversation text is in the console or the error', async () => {
  const secretToken = 'eyJ-the-token'
  const tokens = countingTokens()
  let isBroken = false
  const page = setUp(
    () => {
      if (isBroken) throw boom
      return 'fresh'
    },
    { refreshToken: async (request) => ({ ...(await tokens(request)), token: secretToken }) },
  )
  await page.agent.connect()
  page.agent.sendText('my secret words')
  page.transport.emit({ type: 'userTranscriptReceived', text: 'spoken secret', final: true })
  await page.agent.disconnect()
  isBroken = true
  const error = await rejectionOf(page.agent.connect())
  await rest()
  expect(warnings).toHaveLength(1)
  for (const told of [warnings, error]) {
    const text = inspect(told, { depth: 99, showHidden: true })
    expect(text).not.toContain(secretToken)
    expect(text).not.toContain('secret')
  }
})
