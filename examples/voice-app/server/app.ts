import { randomBytes, randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { readCandidatesBody, readOfferBody, readTokenBody } from './bodies.js'
import { welcome } from './brain/occasions.js'
import { createCalls } from './calls.js'
import { ApiError, errorBody } from './errors.js'
import { createPeers } from './peers.js'
import { createSessions } from './sessions.js'
import { createSpeech } from './speech.js'
import { createTokens } from './tokens.js'

export interface VoiceServerOptions {
  /** Signs the tokens. @default random, so that tokens of another process are refused */
  tokenSecret?: string
  /** How long a token is good for, in seconds. @default 600 */
  tokenTtlSeconds?: number
  /** How long a session is remembered without a call, in seconds. @default 120 */
  resumeSeconds?: number
  /** How long a call may be silent before it counts as lost, in seconds. @default 15 */
  silenceSeconds?: number
  /** How fast the agent speaks. @default 165 */
  wordsPerMinute?: number
  /** The clock, in ms since the epoch. @default Date.now */
  now?: () => number
}

export interface VoiceServer {
  /** Sends a request without a port, for tests. */
  inject: FastifyInstance['inject']
  /** Starts on 127.0.0.1; 0 takes any free port. Resolves to the address. */
  listen(port: number): Promise<string>
  /** Ends all calls with a goodbye, then stops. */
  close(): Promise<void>
}

const bodyLimit = 512 * 1024

/** The voice agent's server: tokens, WebRTC offers, and the calls behind them. */
export function createVoiceServer(options: VoiceServerOptions = {}): VoiceServer {
  const {
    tokenTtlSeconds = 600,
    resumeSeconds = 120,
    silenceSeconds = 15,
    wordsPerMinute = 165,
    now = Date.now,
  } = options
  const secret = options.tokenSecret ? new TextEncoder().encode(options.tokenSecret) : randomBytes(32)
  const tokens = createTokens({ secret, ttlSeconds: tokenTtlSeconds, now })
  const sessions = createSessions({ resumeSeconds, now })
  const speech = createSpeech(wordsPerMinute)
  const peers = createPeers()
  const calls = createCalls({ sessions, speech, peers, limits: { silenceMs: silenceSeconds * 1000 } })
  const app = fastify({ bodyLimit, forceCloseConnections: true })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_request: unknown, text: string) => {
      if (text.trim() === '') return undefined
      try {
        return JSON.parse(text) as unknown
      } catch {
        throw new ApiError(400, 'body_invalid', 'The body is not JSON.')
      }
    },
  )
  app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
    const { status, code, message } = publicError(error)
    return reply.code(status).send(errorBody(code, message))
  })
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send(errorBody('not_found', 'There is nothing at this address.')),
  )

  app.get('/api/voice-agent/health', async () => ({ ok: true }))

  app.post('/api/voice-agent/token', async ({ body, headers }) => {
    const wanted = readTokenBody(body)
    const isFree =
      wanted !== null &&
      (!sessions.find(wanted) || (await tokens.proves(headers.authorization, wanted, resumeSeconds)))
    const sessionId = isFree ? wanted : randomUUID()
    return { ...(await tokens.issue(sessionId)), session_id: sessionId }
  })

  app.post('/api/voice-agent/offer', async ({ body, headers }) => {
    const sessionId = await tokens.sessionOf(headers.authorization)
    const { sdp, pcId } = await calls.answer(readOfferBody(body), sessionId)
    return { sdp, type: 'answer', pc_id: pcId }
  })

  app.patch('/api/voice-agent/offer', async ({ body, headers }) => {
    const sessionId = await tokens.sessionOf(headers.authorization)
    await calls.addCandidates(readCandidatesBody(body), sessionId)
    return { status: 'success' }
  })

  return {
    inject: app.inject.bind(app) as FastifyInstance['inject'],
    async listen(port) {
      // So that the first call need not wait for the synthesiser to warm up, nor for a process.
      for (const sentence of welcome) void speech.synthesise(sentence)
      peers.prepare()
      return app.listen({ host: '127.0.0.1', port })
    },
    async close() {
      await calls.closeAll()
      await peers.dispose()
      await app.close()
      await speech.dispose()
    },
  }
}

/** What may be said of an error to the outside: nothing of its own words unless they are ours. */
function publicError(error: Error & { statusCode?: number }): {
  status: number
  code: string
  message: string
} {
  if (error instanceof ApiError) return error
  if (error.statusCode === 413)
    return { status: 413, code: 'body_too_large', message: 'The body is too large.' }
  if (error.statusCode === 415) return { status: 415, code: 'body_not_json', message: 'Send JSON.' }
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return { status: error.statusCode, code: 'request_invalid', message: 'The request is malformed.' }
  }
  return { status: 500, code: 'internal', message: 'Something went wrong here.' }
}
