import { inspect } from 'node:util'
import type { Middleware } from '@reduxjs/toolkit'
import { VoiceAgentError } from 'redux-voice-agent'
import type { TransportHost, VoiceTransport } from 'redux-voice-agent/transports'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { statusIs } from '../middleware/support.js'
import { answerOf, captureUncaught, leaveTwoSessions, type Page, rest, setUp } from './support.js'
// Loads lazily with the first warning. Without this import, that warning would be later than the others.
import '../../../src/lib/voice-agent/development/index.js'

/** Receives all errors of the app. */
let reportedErrors: unknown[]
beforeEach(() => {
  reportedErrors = captureUncaught()
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((...args) => void reportedErrors.push(args))
})
afterEach(() => void vi.restoreAllMocks())

/** One step of a scenario, which may throw an error of the app. */
async function attempt(step: () => unknown): Promise<void> {
  try {
    await step()
  } catch (error) {
    reportedErrors.push(error)
  }
}

/** A typical call, up to its end. */
async function converse(page: Page): Promise<void> {
  const { agent, transport } = page
  await attempt(() => answerOf(agent.connect().catch((error: unknown) => void reportedErrors.push(error))))
  const events: Parameters<typeof transport.emit>[0][] = [
    { type: 'microphoneChanged', microphone: 'live' },
    { type: 'playbackChanged', playback: 'playing' },
    { type: 'userSpeechStarted' },
    { type: 'userTranscriptReceived', text: 'And', final: false },
    { type: 'userSpeechStopped' },
    { type: 'userTranscriptReceived', text: 'And then?', final: true },
    { type: 'assistantTurnStarted', turnId: 'a' },
    { type: 'assistantTextAppended', turnId: 'a', delta: 'Then ' },
    { type: 'assistantSpeechStarted' },
    { type: 'toolCallStarted', toolCallId: '1', name: 'look', arguments: {} },
    { type: 'assistantSpeechStopped' },
    { type: 'assistantTurnCompleted', turnId: 'a' },
  ]
  for (const event of events) await attempt(() => transport.emit(event))
  await attempt(() => agent.sendText('hello'))
  await attempt(() => agent.sendClientMessage('cart', []))
  await attempt(() => agent.mute())
  await attempt(() => agent.unmute())
  await attempt(() => agent.interrupt())
  await rest()
  await attempt(() => transport.emit({ type: 'connectionState', state: 'closed' }))
  await rest()
}

/** Ends the call, and leaves the session. */
async function leave(page: Page): Promise<void> {
  await attempt(() => page.agent.disconnect())
  await attempt(() => page.agent.newSession())
  await rest()
}

function expectAgreement(page: Page) {
  const { status } = page.state().connection
  expect(['connecting', 'reconnecting']).not.toContain(status)
  expect({ status, open: page.transport.open }).toEqual({ status, open: status === 'connected' ? 1 : 0 })
}

async function expectEndWorks(page: Page) {
  await attempt(() => page.agent.disconnect())
  await rest()
  expect(page.transport.open).toBe(0)
  expect(page.state().connection.status).toMatch(/^(idle|disconnected|failed)$/)
}

async function expectNextCall(page: Page) {
  expect(await answerOf(page.agent.connect())).toBe('resolved')
  expect(page.state().connection.status).toBe('connected')
  expect(page.transport.open).toBe(1)
}

const tools = {
  look: {
    description: 'Looks.',
    parameters: {
      '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) },
    },
    run: () => 'seen',
  },
}

type Open = () => Promise<Page>
const openPage: Open = async () => setUp(undefined, { tools })
const openRestoring: Open = async () => {
  const { storage } = await leaveTwoSessions()
  return setUp(undefined, { tools, persistence: { storage, debounceMs: 0 }, autoReconnect: 'always' })
}

const scenarios: [string, Open, (page: Page) => Promise<void>][] = [
  ['a call', openPage, converse],
  [
    'the end of a call',
    openPage,
    async (page) => {
      await converse(page)
      await leave(page)
    },
  ],
  [
    'a restoration',
    openRestoring,
    async ({ sessionManager }) => {
      await attempt(() => answerOf(sessionManager.initialize()))
      await rest()
    },
  ],
]

/** Counts the actions of a scenario, as seen by a subscriber. */
async function countActions(open: Open, play: (page: Page) => Promise<void>): Promise<number> {
  const page = await open()
  let count = 0
  page.store.subscribe(() => count++)
  await play(page)
  await page.voiceAgent.dispose()
  return count
}

describe.each(scenarios)('a subscriber that throws during %s', (_name, open, play) => {
  it.each([
    ['once', true],
    ['from then on', false],
  ])('%s, on every single action: state and transport agree, and End works', async (_how, isOnce) => {
    const count = await countActions(open, play)
    expect(count).toBeGreaterThan(5)
    const failures = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const page = await open()
        let heard = 0
        const stop = page.store.subscribe(() => {
          if (isOnce ? heard++ === index : heard++ >= index) throw new Error(`of the app, at ${index}.`)
        })
        try {
          await play(page)
          expectAgreement(page)
          await expectEndWorks(page)
          stop()
          await expectNextCall(page)
          expect(inspect(reportedErrors, { depth: 9, maxArrayLength: null })).toContain(
            `of the app, at ${index}.`,
          )
          await page.voiceAgent.dispose()
          return ''
        } catch (error) {
          return `at ${index}: ${(error as Error).message}\n`
        } finally {
          stop()
        }
      }),
    )
    expect(failures.join('')).toBe('')
  })
})

it("an app's middleware that drops any single action: End ends the call, and the next one works", async () => {
  const openLosing = (index: number) => {
    let seen = 0
    const middleware: Middleware = () => (next) => (action) => {
      if (String((action as { type?: string }).type).startsWith('voiceAgent/') && seen++ === index)
        throw new Error(`of the app, at ${index}.`)
      return next(action)
    }
    return setUp(undefined, { tools }, { middleware: [middleware] })
  }
  const count = await countActions(openPage, converse)
  const failures = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const page = openLosing(index)
      try {
        await converse(page)
        await attempt(() => page.agent.disconnect())
        await rest()
        expect(page.transport.open).toBe(0)
        expect(await answerOf(page.agent.connect())).toBe('resolved')
        expect(page.transport.open).toBe(1)
        return ''
      } catch (error) {
        return `at ${index}: ${(error as Error).message}\n`
      }
    }),
  )
  expect(failures.join('')).toBe('')
})

describe('a transport whose close() throws', () => {
  const boom = new Error('close of the app')

  function setUpThrowing() {
    const hosts: TransportHost[] = []
    const transport = (host: TransportHost): VoiceTransport => {
      hosts.push(host)
      return {
        connect: async () => 'fresh',
        send() {},
        close() {
          throw boom
        },
      }
    }
    return { page: setUp(undefined, { transport }), emit: (event: never) => hosts.at(-1)?.emit(event) }
  }

  it.each<[string, (page: Page, emit: TransportHost['emit']) => unknown]>([
    ['disconnect()', ({ agent }) => agent.disconnect()],
    ['newSession()', ({ agent }) => agent.newSession()],
    ['reset()', ({ agent }) => agent.reset()],
    ['a reset of the root state', (page) => page.logOut()],
    ['the agent leaves', (_page, emit) => emit({ type: 'agentLeft' })],
  ])('is reported, and the call ends as usual: %s', async (_how, end) => {
    const { page, emit } = setUpThrowing()
    await page.agent.connect()
    await attempt(() => end(page, emit as TransportHost['emit']))
    await rest()
    expect(page.state().connection).toMatchObject({
      status: expect.stringMatching(/^(idle|disconnected)$/),
      error: null,
    })
    // Identified by its location, because an app error's message may contain conversation text.
    expect(inspect(reportedErrors, { depth: 9 })).toContain('throwing-app.test.ts')
    expect(await answerOf(page.agent.connect())).toBe('resolved')
    expect(page.state().connection.status).toBe('connected')
  })

  it('does not prevent a lost connection from being restored', async () => {
    const { page, emit } = setUpThrowing()
    await page.agent.connect()
    const back = statusIs(page.agent, 'reconnecting').then(() => statusIs(page.agent, 'connected'))
    emit({ type: 'connectionState', state: 'closed' } as never)
    expect(await answerOf(back)).toBe('resolved')
  })

  it('does not prevent the rest of dispose()', async () => {
    const { page } = setUpThrowing()
    await page.agent.connect()
    expect(await answerOf(page.voiceAgent.dispose())).toBe('resolved')
    expect(page.state().connection.status).toBe('disconnected')
  })
})

it.each([
  ['its own error', new TypeError('send of the app')],
  ["the package's error", new VoiceAgentError('invalid-option', 'send of the app')],
])('a transport whose send() throws %s: the call stays live', async (_what, boom) => {
  const page = setUp(undefined, {
    tools,
    transport: () => ({
      connect: async () => 'fresh',
      send() {
        throw boom
      },
      close() {},
    }),
  })
  await page.agent.connect()
  await attempt(() => page.agent.sendText('hello'))
  await attempt(() => page.agent.sendClientMessage('cart', []))
  await attempt(() => page.agent.interrupt())
  await rest()
  expect(page.state().connection.status).toBe('connected')
  expect(page.texts()).toEqual([])
  expect(inspect(reportedErrors, { depth: 9 })).toContain('send of the app')
  await page.agent.disconnect()
  expect(page.state().connection.status).toBe('disconnected')
})

it('listeners that throw do not affect other listeners, or how the call ends', async () => {
  const page = setUp()
  const heard: string[] = []
  page.agent.on('connectionStateChanged', () => {
    throw new Error('of a listener')
  })
  page.agent.on('connectionStateChanged', (status) => heard.push(status))
  await page.agent.connect()
  await page.agent.disconnect()
  await rest()
  expect(heard).toEqual(['connecting', 'connected', 'disconnected'])
  expect(inspect(reportedErrors, { depth: 9 })).toContain('of a listener')
})
