import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { installPipecat } from '../../../interop/support/install-pipecat.js'
import { createPipecatServer, type PipecatServer } from '../../../interop/support/pipecat-server.js'
import type { VoiceServer } from '../../support/voice-server.js'

/**
 * Pipecat's own runner instead of the example's voice server. It requires no tokens: they come from the app's own server, which keeps
 * running when Pipecat is killed.
 */
export function createPipecatVoiceServer(port: number): VoiceServer {
  let pipecat: PipecatServer | undefined
  let server: Server | undefined
  let tokenSeconds = 600

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const body = await text(request)
    const json = { 'Content-Type': 'application/json' }
    if (request.url?.endsWith('/token')) {
      const wanted = (body === '' ? {} : JSON.parse(body)) as { session_id?: string }
      const token = { token: randomUUID(), expiresAt: Date.now() + tokenSeconds * 1_000 }
      return response
        .writeHead(200, json)
        .end(JSON.stringify({ ...token, session_id: wanted.session_id ?? randomUUID() }))
    }
    const offered = await fetch(`${pipecat?.endpoint}/offer`, {
      method: request.method ?? 'POST',
      headers: json,
      body,
    })
    response.writeHead(offered.status, json).end(await offered.text())
  }

  return {
    port,
    async start(settings = {}) {
      tokenSeconds = Number(settings.VOICE_TOKEN_TTL_S ?? 600)
      pipecat ??= await createPipecatServer(installPipecat(), { memory: 'sessions' })
      await pipecat.start()
      if (server) return
      server = createServer((request, response) => {
        // Responds like a proxy whose upstream is down.
        answer(request, response).catch(() => response.writeHead(502).end())
      })
      server.unref()
      await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve))
    },
    kill: async () => pipecat?.kill(),
    async stop() {
      await pipecat?.stop()
    },
  }
}
