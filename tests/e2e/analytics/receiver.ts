import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AnalyticsBatch, SentReport } from 'redux-voice-agent/analytics'

/** The server's reaction to a batch: accept it, reject it, or never respond. */
export type Manner = 'accept' | 'refuse' | 'hang'

/** A server that receives reports. */
export interface Receiver {
  url: string
  manner: Manner
  /** Raw request bodies. */
  bodies: string[]
  reports(): SentReport[]
  clear(): void
  close(): Promise<void>
}

export async function createReceiver(): Promise<Receiver> {
  const unanswered = new Set<ServerResponse>()
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of request) body += chunk
    receiver.bodies.push(body)
    if (receiver.manner === 'hang') unanswered.add(response)
    else response.writeHead(receiver.manner === 'accept' ? 204 : 503).end()
  }

  // A browser that closes during a request aborts it.
  const server = createServer((request, response) => void receive(request, response).catch(() => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    manner: 'accept',
    bodies: [],
    reports: () => receiver.bodies.flatMap((body) => (JSON.parse(body) as AnalyticsBatch).reports),
    clear() {
      for (const response of unanswered) response.destroy()
      unanswered.clear()
      receiver.bodies = []
      receiver.manner = 'accept'
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return receiver
}
