import type { FastifyInstance } from 'fastify'
import {
  type BackupSigner,
  type Backups,
  objectLimit,
  objectsPath,
  readSignRequest,
  type SignedQuery,
} from './backups.js'
import { ApiError } from './errors.js'

interface ObjectRequest {
  Params: { '*': string }
  Querystring: SignedQuery
}

export interface BackupPorts {
  /** Null if the objects are in a bucket elsewhere. */
  backups: Backups | null
  signer: BackupSigner
}

/**
 * Adds the routes of the backup. An app would sign only for its signed-in user, and only in the user's own folder.
 *
 * @param open Returns the ports, or null if this server has no backup.
 */
export function addBackupRoutes(app: FastifyInstance, open: () => BackupPorts | null): void {
  const nothing = () => new ApiError(404, 'not_found', 'There is nothing at this address.')
  const ports = () => {
    const opened = open()
    if (opened) return opened
    throw nothing()
  }
  const backups = () => {
    const opened = ports().backups
    if (opened) return opened
    throw nothing()
  }

  app.addHook('onSend', async ({ url }, reply) => {
    if (url.startsWith('/api/backup/')) reply.header('Cache-Control', 'no-store')
  })
  // JSON only, so that a page of another origin can't ask without a preflight.
  app.post('/api/backup/sign', async ({ body }, reply) => {
    const url = await ports().signer.sign(readSignRequest(body))
    return reply.type('text/plain').send(url)
  })
  app.get<ObjectRequest>(objectsPath, async ({ query }, reply) => {
    const xml = await backups().list(query.prefix ?? '', query)
    return reply.type('application/xml').send(xml)
  })
  const path = `${objectsPath}/*`
  app.get<ObjectRequest>(path, async ({ params, query }, reply) => {
    const bytes = await backups().get(params['*'], query)
    return reply.type('application/octet-stream').send(Buffer.from(bytes))
  })
  app.delete<ObjectRequest>(path, async ({ params, query }, reply) => {
    await backups().delete(params['*'], query)
    return reply.code(204).send()
  })
  app.register(async (scope) => {
    // A browser names no type for bytes.
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, async (_request: unknown, bytes: Buffer) => bytes)
    scope.put<ObjectRequest>(path, { bodyLimit: objectLimit }, async ({ params, query, body }, reply) => {
      await backups().put(params['*'], query, body)
      return reply.code(204).send()
    })
  })
}
