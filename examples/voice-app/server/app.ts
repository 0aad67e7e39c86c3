import { randomBytes, randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { addBackupRoutes } from './backup-routes.js'
import { type BackupSigner, type Backups, createBackups } from './backups.js'
import { readCandidatesBody, readOfferBody, readTokenBody } from './bodies.js'
import { welcome } from './brain/occasions.js'
import { createCalls } from './calls.js'
import { allowOrigins } from './cors.js'
import { ApiError, errorBody } from './errors.js'
import { createNeighbours } from './neighbours.js'
import { createEphemeralKey, type OpenAiOptions } from './openai.js'
import { createPeers } from './peers.js'
import { createMemoryStore, type SessionStore } from './session-store.js'
import { createSessions } from './sessions.js'
import { addShareRoutes, isLoopback } from './share-routes.js'
import { createShares, type Shares } from './shares.js'
import { createSpeech } from './speech.js'
import { createTokens } from './tokens.js'
import { createTurnServers, type TurnOptions } from './turn.js'

export interface VoiceServerOptions {
  /** Signs the tokens. @default random, so that tokens of another process are rejected */
  tokenSecret?: string
  /** Lifetime of a token in seconds. @default 600 */
  tokenTtlSeconds?: number
  /** Seconds that a session without a call is kept in memory. @default 120 */
  resumeSeconds?: number
  /** Seconds of silence after which a call counts as lost. @default 15 */
  silenceSeconds?: number
  /** Speed of the agent's speech. @default 165 */
  wordsPerMinute?: number
  /** Maximum number of simultaneous calls in this process. @default 20 */
  maxCalls?: number
  /** Session records that several processes share. All need the same `tokenSecret`. @default in this process's memory */
  store?: SessionStore
  /** Address at which the other processes reach this one, for a shared store. @default 127.0.0.1 and a free port */
  internal?: { host?: string; port?: number }
  /** Other origins whose pages may call this server. @default none: the page comes from the same origin */
  allowedOrigins?: readonly string[]
  /** Sends TURN credentials with each token. @default none */
  turn?: TurnOptions
  /** Issues OpenAI's ephemeral keys instead of its own tokens. @default none: the scripted agent answers */
  openAi?: OpenAiOptions
  /** Shared conversations. @default in this process's memory, and only if the server listens on loopback */
  shares?: Shares
  /** Objects of the backup, only if the server listens on loopback. @default in this process's memory */
  backups?: Backups
  /** Signs the backup's requests to a bucket elsewhere, only if the server listens on loopback. @default `backups` */
  backupSigner?: BackupSigner
  /** The clock, in ms since the epoch. @default Date.now */
  now?: () => number
}

export interface VoiceServer {
  /** Handles a request without a port, for tests. */
  inject: FastifyInstance['inject']
  /**
   * Listens; port 0 selects a free one. Resolves to the address.
   *
   * @param host Address to listen on. @default '127.0.0.1'
   */
  listen(port: number, host?: string): Promise<string>
  /** Ends all calls and stops the server. */
  close(): Promise<void>
}

const bodyLimit = 512 * 1024

/** Creates the voice agent's server, with tokens, WebRTC offers, and calls. */
export function createVoiceServer(options: VoiceServerOptions = {}): VoiceServer {
  const {
    tokenTtlSeconds = 600,
    resumeSeconds = 120,
    silenceSeconds = 15,
    wordsPerMinute = 165,
    maxCalls = 20,
    now = Date.now,
    openAi,
    allowedOrigins = [],
    turn,
    store = createMemoryStore({ resumeSeconds, now }),
    internal: { host: internalHost = '127.0.0.1', port: internalPort = 0 } = {},
  } = options
  const secret = options.tokenSecret ? new TextEncoder().encode(options.tokenSecret) : randomBytes(32)
  const tokens = createTokens({ secret, ttlSeconds: tokenTtlSeconds, now })
  const neighbours = store.leaseMs === null ? undefined : createNeighbours(secret, publicError)
  const sessions = createSessions({ store, neighbours })
  const speech = createSpeech(wordsPerMinute)
  const peers = createPeers()
  const calls = createCalls({
    sessions,
    neighbours,
    speech,
    peers,
    resumeSeconds,
    maxCalls,
    limits: { silenceMs: silenceSeconds * 1000 },
  })
  const app = fastify({ bodyLimit, forceCloseConnections: true })

  allowOrigins(app, allowedOrigins)
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
    const { status, code, message, retryAfterSeconds } = publicError(error)
    if (retryAfterSeconds !== undefined) reply.header('Retry-After', String(retryAfterSeconds))
    return reply.code(status).send(errorBody(code, message))
  })
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send(errorBody('not_found', 'There is nothing at this address.')),
  )

  // The embedded default has no sign-in, so it serves this machine only.
  const shares = options.shares ?? createShares({ now })
  let hasShares = true
  addShareRoutes(app, () => (hasShares ? shares : null))
  const backups = options.backups ?? createBackups({ now })
  const backupPorts = options.backupSigner
    ? { backups: null, signer: options.backupSigner }
    : { backups, signer: backups }
  let hasBackups = true
  addBackupRoutes(app, () => (hasBackups ? backupPorts : null))

  app.get('/api/voice-agent/health', async () => ({ ok: true }))

  app.post('/api/voice-agent/token', async ({ body, headers }) => {
    const wanted = readTokenBody(body)
    // OpenAI stores nothing under the session's id, so it needs no proof.
    if (openAi) return { ...(await createEphemeralKey(openAi)), session_id: wanted ?? randomUUID() }
    const isFree =
      wanted !== null &&
      (!(await sessions.isKnown(wanted)) ||
        (await tokens.proves(headers.authorization, wanted, resumeSeconds)))
    const sessionId = isFree ? wanted : randomUUID()
    return {
      ...(await tokens.issue(sessionId)),
      session_id: sessionId,
      ...(turn ? { iceServers: createTurnServers(turn, tokenTtlSeconds, now()) } : {}),
    }
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
    async listen(port, host = '127.0.0.1') {
      hasShares = options.shares !== undefined || isLoopback(host)
      hasBackups = isLoopback(host)
      // Prepares speech and the peer process, so that the first call does not wait for them.
      if (!openAi) {
        for (const sentence of welcome) void speech.synthesise(sentence)
        peers.prepare()
      }
      await neighbours?.listen(internalHost, internalPort, calls.here)
      return app.listen({ host, port })
    },
    async close() {
      await calls.closeAll()
      await peers.dispose()
      await app.close()
      await neighbours?.close()
      await sessions.close()
      await speech.dispose()
    },
  }
}

/** Converts an error for the response. Only the messages of an `ApiError` are public. */
function publicError(error: Error & { statusCode?: number }): ApiError {
  if (error instanceof ApiError) return error
  const { statusCode = 500 } = error
  if (statusCode === 413) return new ApiError(413, 'body_too_large', 'The body is too large.')
  if (statusCode === 415) return new ApiError(415, 'body_not_json', 'Send JSON.')
  if (statusCode < 500) return new ApiError(statusCode, 'request_invalid', 'The request is malformed.')
  return new ApiError(500, 'internal', 'Something went wrong here.')
}
