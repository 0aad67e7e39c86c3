import { hkdfSync, randomUUID } from 'node:crypto'
import fastify, { type FastifyInstance } from 'fastify'
import { jwtVerify, SignJWT } from 'jose'
import { isFields } from './bodies.js'
import { ApiError, errorBody } from './errors.js'

/** A request about a session's peer connection, which another process has. */
interface Target {
  sessionId: string
  pcId: string
}

export interface NeighbourRoutes {
  /** Ends the call of a session, so that another process can claim it. */
  release(request: { sessionId: string; pcId: string | null }): Promise<void>
  restart(request: Target & { sdp: string }): Promise<string>
  addCandidates(request: Target & { candidates: RTCIceCandidateInit[] }): Promise<void>
}

/** Milliseconds for an answer: an ICE restart must be answered within 3 s. */
const answerMs = 2500
const audience = 'voice-server'

/**
 * Connects the server's processes: each has internal routes for the requests that only the process with the peer connection can answer.
 *
 * @param secret Secret of the tokens. The key of the internal requests is derived from it, so that client tokens are not accepted.
 */
export function createNeighbours(secret: Uint8Array, onError: (error: Error) => ApiError) {
  const key = new Uint8Array(hkdfSync('sha256', secret, '', 'internal requests', 32))
  const id = randomUUID()
  let app: FastifyInstance | null = null
  let address = ''

  /** @throws ApiError from the other process's response, or 404 `pc_unknown` if it is gone. */
  const ask = async (url: string, route: keyof NeighbourRoutes, body: { sessionId: string }) => {
    const ticket = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(audience)
      .setSubject(body.sessionId)
      .setExpirationTime('30s')
      .sign(key)
    const response = await fetch(`${url}/internal/${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ticket}` },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(answerMs),
    }).catch(() => {
      throw new ApiError(404, 'pc_unknown', 'The process of the peer connection does not answer.')
    })
    const answer = (await response.json()) as { sdp?: string; error?: { code: string; message: string } }
    if (!response.ok)
      throw new ApiError(response.status, answer.error?.code ?? '', answer.error?.message ?? '')
    return answer.sdp ?? ''
  }

  return {
    id,
    /** Address of the internal routes; empty before `listen`. */
    url: () => address,
    release: (url: string, request: { sessionId: string; pcId: string | null }) =>
      ask(url, 'release', request),
    restart: (url: string, request: Target & { sdp: string }) => ask(url, 'restart', request),
    addCandidates: (url: string, request: Target & { candidates: RTCIceCandidateInit[] }) =>
      ask(url, 'addCandidates', request),

    /** Opens the internal routes. @param host Address that only the other processes can reach. */
    async listen(host: string, port: number, routes: NeighbourRoutes): Promise<void> {
      app = fastify({ bodyLimit: 512 * 1024, forceCloseConnections: true })
      app.setErrorHandler(async (error: Error, _request, reply) => {
        const { status, code, message } = onError(error)
        return reply.code(status).send(errorBody(code, message))
      })
      app.post('/internal/:route', async ({ body, headers, params }) => {
        const { sessionId, pcId, sdp, candidates } = isFields(body) ? body : {}
        const ticket = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
        const isOurs = await jwtVerify(ticket, key, { algorithms: ['HS256'], audience }).then(
          ({ payload }) => payload.sub === sessionId,
          () => false,
        )
        if (!isOurs || typeof sessionId !== 'string')
          throw new ApiError(401, 'ticket_invalid', 'The request is not one of this server.')
        const { route } = params as { route: string }
        if (route === 'release') {
          await routes.release({ sessionId, pcId: typeof pcId === 'string' ? pcId : null })
          return {}
        }
        if (typeof pcId !== 'string') throw new ApiError(400, 'body_invalid', 'pcId must be a string.')
        if (route === 'restart' && typeof sdp === 'string')
          return { sdp: await routes.restart({ sessionId, pcId, sdp }) }
        if (route !== 'addCandidates') throw new ApiError(404, 'not_found', 'There is no such route.')
        await routes.addCandidates({ sessionId, pcId, candidates: candidates as RTCIceCandidateInit[] })
        return {}
      })
      const listening = new URL(await app.listen({ host, port }))
      address = listening.origin
    },

    async close(): Promise<void> {
      await app?.close()
    },
  }
}

export type Neighbours = ReturnType<typeof createNeighbours>
