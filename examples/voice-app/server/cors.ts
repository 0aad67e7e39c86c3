import type { FastifyInstance } from 'fastify'

const allowed = {
  'Access-Control-Allow-Methods': 'POST, PATCH',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type',
  // Browsers ask again after this time; Chromium allows at most two hours.
  'Access-Control-Max-Age': '7200',
}
/** The client corrects the device's clock with `Date`, and respects `Retry-After`. */
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
