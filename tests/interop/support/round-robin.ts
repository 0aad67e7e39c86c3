import { once } from 'node:events'
import { createServer, type IncomingMessage, request as open, type ServerResponse } from 'node:http'

/** A request with its response. */
export interface Routed {
  /** Method and last path segment: "POST offer". */
  name: string
  status: number
  /** Index of the process that responded. */
  process: number
}

/**
 * A load balancer without sticky sessions. Each kind of request rotates separately, so that two consecutive offers never reach the same
 * process. A process that accepts no connections is skipped.
 *
 * @param stickyHeader Header whose value is pinned to the first process that responded to it.
 */
export async function createRoundRobin(port: number, targets: readonly number[], stickyHeader?: string) {
  const turns = new Map<string, number>()
  const stuck = new Map<string, number>()
  const routed: Routed[] = []

  const forward = (incoming: IncomingMessage, body: Buffer, target: number) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { method, url, headers } = incoming
      open({ host: '127.0.0.1', port: target, method, path: url, headers }, resolve)
        .once('error', reject)
        .end(body)
    })

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const name = `${incoming.method} ${incoming.url?.split('/').at(-1)}`
    const client = stickyHeader === undefined ? '' : String(incoming.headers[stickyHeader] ?? '')
    for (const _ of targets) {
      const turn = turns.get(name) ?? 0
      turns.set(name, turn + 1)
      const process = stuck.get(client) ?? turn % targets.length
      const answer = await forward(incoming, Buffer.concat(chunks), targets[process] ?? 0).catch(() => null)
      if (!answer) {
        stuck.delete(client)
        continue
      }
      if (client !== '') stuck.set(client, process)
      routed.push({ name, status: answer.statusCode ?? 0, process })
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
      return
    }
    outgoing.writeHead(502).end()
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port,
    /** All responses, in order. */
    routed: routed as readonly Routed[],
    /** The process that responded to the last offer for a new connection. */
    lastOffer: () => routed.findLast(({ name, status }) => name === 'POST offer' && status === 200)?.process,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export type RoundRobin = Awaited<ReturnType<typeof createRoundRobin>>
