import type { FastifyInstance } from 'fastify'

const allowed = {
  'Access-Control-Allow-Methods': 'POST, PATCH',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  // Browsers ask again after this time; Chromium takes two hours at most.
  'Access-Control-Max-Age': '7200',
}
/** The client corrects a device's clock by `Date`, and waits for `Retry-After`. */
const exposed = 'Date, Retry-After'

/** Lets pages of these origins call the server. Tokens are in a header, so no cookie is allowed. */
export function allowOrigins(app: FastifyInstance, origins: readonly string[]): void {
  app.addHook('onRequest', async ({ headers: { origin }, method }, reply) => {
    // A cache must not give one origin's answer to another.
    reply.header('Vary', 'Origin')
    if (origin === undefined || !origins.includes(origin)) return
    reply.headers({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': exposed })
    if (method === 'OPTIONS') return reply.code(204).headers(allowed).send()
  })
}
