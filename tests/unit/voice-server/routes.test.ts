import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVoiceServer, type VoiceServer } from '../../../examples/voice-app/server/app.js'
import { readOfferBody } from '../../../examples/voice-app/server/bodies.js'
import { openingOf } from '../../../examples/voice-app/server/calls.js'
import { createMemoryStore, emptyMemory } from '../../../examples/voice-app/server/session-store.js'

const sessionId = '0b7e3c1a-5d2f-4a86-9c11-2f6d8e4b7a90'
const offer = { sdp: 'v=0\r\n', type: 'offer', pc_id: null, restart_pc: false }

let now: number
let server: VoiceServer

beforeEach(() => {
  now = Date.UTC(2026, 7, 1)
  server = createVoiceServer({ tokenTtlSeconds: 600, now: () => now })
})

afterEach(() => server.close())

const post = (path: string, payload?: object | string, token?: string) =>
  server.inject({
    method: 'POST',
    url: `/api/voice-agent/${path}`,
    headers: {
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(payload === undefined ? {} : { payload }),
  })

const issue = async (payload?: object) =>
  (await post('token', payload)).json<{ token: string; expiresAt: number; session_id: string }>()

const codeOf = (reply: { json: () => { error: { code: string } } }) => reply.json().error.code

describe('the token route', () => {
  it('issues a token for a new session', async () => {
    const { token, expiresAt, session_id } = await issue()
    expect(token.split('.')).toHaveLength(3)
    expect(expiresAt).toBe(now + 600_000)
    expect(session_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('grants a session id that it does not know, as after a restart', async () => {
    expect((await issue({ session_id: sessionId })).session_id).toBe(sessionId)
  })

  it('rejects a malformed session id', async () => {
    const reply = await post('token', { session_id: '../../etc' })
    expect(reply.statusCode).toBe(400)
    expect(codeOf(reply)).toBe('session_id_invalid')
  })

  it('reads an empty JSON body as none', async () => {
    expect((await post('token', '')).statusCode).toBe(200)
  })
})

describe('the offer route', () => {
  it('requires a token', async () => {
    const reply = await post('offer', offer)
    expect([reply.statusCode, codeOf(reply)]).toEqual([401, 'token_missing'])
  })

  it('rejects an expired token', async () => {
    const { token } = await issue()
    now += 601_000
    const reply = await post('offer', offer, token)
    expect([reply.statusCode, codeOf(reply)]).toEqual([401, 'token_expired'])
  })

  it('rejects a token from another process', async () => {
    const other = createVoiceServer({ now: () => now })
    const { token } = (await other.inject({ method: 'POST', url: '/api/voice-agent/token' })).json()
    await other.close()
    const reply = await post('offer', offer, token)
    expect([reply.statusCode, codeOf(reply)]).toEqual([401, 'token_invalid'])
  })

  it.each([
    ['no JSON', '{'],
    ['an answer', { ...offer, type: 'answer' }],
    ['no description', { ...offer, sdp: 5 }],
    [
      'an unknown role',
      { ...offer, requestData: { resume: true, context: [{ id: '1', role: 'king', text: '' }] } },
    ],
    [
      'too long a context',
      { ...offer, requestData: { context: Array(51).fill({ id: '1', role: 'user', text: 'Hi' }) } },
    ],
  ])('rejects %s with a code and a message', async (_what, payload) => {
    const reply = await post('offer', payload, (await issue()).token)
    expect([reply.statusCode, codeOf(reply)]).toEqual([400, 'body_invalid'])
    expect(reply.json().error.message).not.toBe('')
  })

  it('rejects a body of a megabyte', async () => {
    const reply = await post('offer', { ...offer, sdp: 'v=0'.padEnd(1_000_000) }, (await issue()).token)
    expect([reply.statusCode, codeOf(reply)]).toEqual([413, 'body_too_large'])
  })

  it('responds with 404 to candidates for an unknown peer connection', async () => {
    const reply = await server.inject({
      method: 'PATCH',
      url: '/api/voice-agent/offer',
      headers: { authorization: `Bearer ${(await issue()).token}` },
      payload: { pc_id: 'pc-1', candidates: [{ candidate: '', sdp_mid: '0', sdp_mline_index: 0 }] },
    })
    expect([reply.statusCode, codeOf(reply)]).toEqual([404, 'pc_unknown'])
  })

  it('reports every error as JSON, even for an unknown address', async () => {
    const reply = await post('nothing')
    expect([reply.statusCode, codeOf(reply)]).toEqual([404, 'not_found'])
  })
})

describe('the decision on a session', () => {
  const ask = (resume: boolean, id = sessionId) =>
    readOfferBody({
      ...offer,
      requestData: { sessionId: id, resume, context: [{ id: 'm1', role: 'user', text: 'Hi' }] },
    })

  /** Claims the session again, `seconds` after its call was lost. */
  const remembering = async (seconds = 0) => {
    const store = createMemoryStore({ resumeSeconds: 120, now: () => now })
    const here = { id: 'p', url: '' }
    const first = await store.claim(sessionId, here)
    if ('owner' in first) throw new Error('The session is free.')
    const memory = { ...emptyMemory(), history: [{ role: 'user' as const, text: 'Before' }], pcId: 'pc-1' }
    await store.release(sessionId, first.epoch, memory)
    now += seconds * 1000
    const claim = await store.claim(sessionId, here)
    return 'owner' in claim ? null : claim.memory
  }

  it('resumes a session within the resume window and ignores the context', async () => {
    const { session, resumed, seededWith } = openingOf(ask(true), sessionId, await remembering(119))
    expect({ resumed, seededWith, history: session.history }).toEqual({
      resumed: true,
      seededWith: 0,
      history: [{ role: 'user', text: 'Before' }],
    })
  })

  it('seeds a new agent with the context after the window', async () => {
    const { session, resumed, seededWith } = openingOf(ask(true), sessionId, await remembering(120))
    expect({ resumed, seededWith, history: session.history }).toEqual({
      resumed: false,
      seededWith: 1,
      history: [{ role: 'user', text: 'Hi' }],
    })
  })

  it('forgets the session when the client wants no resumption or names another session', async () => {
    for (const body of [ask(false), ask(true, 'another-session')]) {
      const { session, resumed } = openingOf(body, sessionId, await remembering())
      expect([resumed, session.history]).toEqual([false, [{ role: 'user', text: 'Hi' }]])
    }
  })

  it('reads the request data in either spelling', async () => {
    const body = readOfferBody({ ...offer, request_data: { sessionId, resume: true } })
    expect(openingOf(body, sessionId, await remembering()).resumed).toBe(true)
  })

  it('re-attaches a plain Pipecat client by its pc_id', async () => {
    const remembered = await remembering()
    const isResumed = (pc_id: string) =>
      openingOf(readOfferBody({ ...offer, pc_id, restart_pc: true }), sessionId, remembered).resumed
    expect([isResumed('pc-1'), isResumed('pc-2')]).toEqual([true, false])
  })
})
