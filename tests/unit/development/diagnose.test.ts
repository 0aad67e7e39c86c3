import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { VoiceAgentError } from 'redux-voice-agent'
import { memoryStorage } from 'redux-voice-agent/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createRecentActions } from '../../../middleware/recent-actions.js'
import { VERSION } from '../../../src/lib/voice-agent/agent/diagnose.js'
import { setUp } from '../middleware/support.js'

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-28T12:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

it('knows the package version', () => {
  const { version: published } = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../../package.json'), 'utf8'),
  )
  expect(VERSION).toBe(published)
})

/** Texts written by a user or a server. */
interface Secrets {
  said: string
  typed: string
  draft: string
  answer: string
  token: string
  sessionId: string
  tool: string
  error: string
  host: string
}

/** A whole call, whose course does not depend on texts. */
async function diagnosisOf({ said, typed, draft, answer, token, sessionId, tool, error, host }: Secrets) {
  const { agent, transport, voiceAgent } = setUp(undefined, {
    apiEndpoint: `https://${host}.example/voice?key=${encodeURIComponent(token)}`,
    refreshToken: async () => ({ token, expiresAt: Date.now() + 600_000, sessionId }),
    persistence: { storage: memoryStorage() },
  })
  await agent.connect()
  transport.emit({ type: 'userTranscriptReceived', text: said, final: true })
  transport.emit({ type: 'assistantTurnStarted', turnId: sessionId })
  transport.emit({ type: 'assistantTextAppended', turnId: sessionId, delta: answer })
  transport.emit({ type: 'toolCallStarted', toolCallId: sessionId, name: tool, arguments: { said } })
  const reported = new VoiceAgentError('agent-error', error, { providerCode: tool })
  transport.emit({ type: 'agentErrorReported', error: reported, fatal: false })
  agent.sendText(typed)
  agent.setDraft(draft)
  const text = await voiceAgent.diagnose()
  await voiceAgent.dispose()
  return text
}

/** Contains a mark that no text of the diagnosis has. */
const secret = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .map((text) => `Zq${text.replaceAll(/[\s\0]/g, '_')}7`)
const host = fc.stringMatching(/^zq[a-z]{3,10}$/)

it('contains no words, tokens, ids or addresses', { timeout: 60_000 }, async () => {
  const record = () =>
    fc.record({
      said: secret,
      typed: secret,
      draft: secret,
      answer: secret,
      token: secret,
      sessionId: secret,
      tool: secret,
      error: secret,
      host,
    })
  await fc.assert(
    fc.asyncProperty(record(), record(), async (one, other) => {
      const text = await diagnosisOf(one)
      // The same course of a call with other texts yields the same diagnosis.
      expect(text).toBe(await diagnosisOf(other))
      for (const value of Object.values(one)) expect(text).not.toContain(value)
    }),
    { numRuns: 15 },
  )
})

it('has states, counts, error codes, and the last actions with their times', async () => {
  const { agent, transport, voiceAgent } = setUp()
  await agent.connect()
  vi.setSystemTime(Date.now() + 1_500)
  transport.emit({ type: 'agentErrorReported', error: new VoiceAgentError('agent-error'), fatal: false })
  agent.sendText('hello')
  const text = await voiceAgent.diagnose()
  expect(text).toMatch(/^redux-voice-agent \d+\.\d+\.\d+, 2026-11-28T12:00:01.500Z\n/)
  for (const line of [
    '  transport: own',
    '  persistence: no',
    '  status: connected',
    '  error: agent-error',
    '  messages: 1',
    '  user-final: 1',
    '  first call ms ago: 1500',
    '  0 agentErrorReported',
    '  -1500 connectionEstablished',
  ])
    expect(text.split('\n')).toContain(line)
})

it('works without a store, and after a storage failure', async () => {
  const storage = memoryStorage()
  storage.records.list = () => Promise.reject(new Error('my secret disk'))
  const { voiceAgent } = setUp(undefined, { persistence: { storage } })
  const text = await voiceAgent.diagnose()
  expect(text).toContain('stored sessions: storage-unreachable')
  expect(text).not.toContain('secret')
})

it('remembers the last 50 action types, and counts repeated ones', () => {
  const recent = createRecentActions()
  for (let index = 0; index < 120; index++) recent.add(`action-${index}`, index)
  for (let index = 0; index < 1_000; index++) recent.add('same', 1_000 + index)
  const list = recent.list()
  expect(list).toHaveLength(50)
  expect(list[0]).toEqual({ name: 'action-71', at: 71, count: 1 })
  expect(list.at(-1)).toEqual({ name: 'same', at: 1_999, count: 1_000 })
})
