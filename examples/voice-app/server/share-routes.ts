import type { FastifyInstance } from 'fastify'
import { ApiError } from './errors.js'
import { type Shares, shareBodyLimit } from './shares.js'

interface ShareRequest {
  Params: { id: string }
  Querystring: { from?: string }
}

/** True for an address that only this machine reaches. */
export const isLoopback = (host: string) => /^(localhost|127(\.\d+){3}|::1)$/.test(host)

/**
 * Adds the routes of shared conversations. An app would let only its signed-in users call `PUT`.
 *
 * @param open Returns the shares, or null if this server has none.
 */
export function addShareRoutes(app: FastifyInstance, open: () => Shares | null): void {
  const path = '/api/shares/:id'
  const shares = () => {
    const opened = open()
    if (opened) return opened
    throw new ApiError(404, 'not_found', 'There is nothing at this address.')
  }

  app.addHook('onSend', async ({ url }, reply) => {
    if (url.startsWith('/api/shares/')) reply.header('Cache-Control', 'no-store')
  })
  app.put<ShareRequest>(path, { bodyLimit: shareBodyLimit }, async ({ params, body }, reply) => {
    shares().put(params.id, body)
    return reply.code(204).send()
  })
  app.get<ShareRequest>(path, async ({ params }) => shares().get(params.id))
  app.post<ShareRequest>(`${path}/revoke`, async ({ params, body }, reply) => {
    shares().revoke(params.id, body)
    return reply.code(204).send()
  })
  app.post<ShareRequest>(`${path}/comments`, async ({ params, body }, reply) => {
    shares().addComment(params.id, body)
    return reply.code(204).send()
  })
  app.get<ShareRequest>(`${path}/comments`, async ({ params, query }) =>
    shares().listComments(params.id, query.from),
  )
}
