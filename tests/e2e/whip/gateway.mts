// A voice gateway with a WHIP endpoint (RFC 9725), in a separate process, because libwebrtc may crash it.
// It is independent of the package's client, and listens on PORT.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { openPeer, type Peer } from '../../../examples/voice-app/server/peer.js'

interface Session {
  peer: Peer
  /** The client's description, with the credentials of its last ICE restart. */
  offer: string
  etag: string
}

const sessions = new Map<string, Session>()
const requests: Record<string, unknown>[] = []
let loudest = 0
let made = 0

/** Headers that let a page from another origin send and read. */
const cors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'POST, PATCH, DELETE',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
  'Access-Control-Expose-Headers': 'Location, ETag, Link, Retry-After',
  'Cross-Origin-Resource-Policy': 'cross-origin',
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const attribute = (sdp: string, name: string) => new RegExp(`^a=${name}:(.*?)\\r?$`, 'm').exec(sdp)?.[1] ?? ''

/** Responds to a data channel message by repeating its words. */
function answerTo(raw: unknown, reply: (message: unknown) => void) {
  const message = JSON.parse(String(raw)) as { kind: string; words?: string; context?: { text: string }[] }
  if (message.kind === 'begin') reply({ kind: 'begun', knows: message.context?.map(({ text }) => text) })
  else reply({ kind: 'answer', words: `You said: ${message.words}` })
}

async function start(offer: string): Promise<{ id: string; session: Session }> {
  const peer: Peer = await openPeer(
    offer,
    {
      onMessage: (raw) => answerTo(raw, (message) => peer.send(JSON.stringify(message))),
      onAudio: ({ samples }) => {
        for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample) / 32_768)
      },
      onGone: () => {},
    },
    { channelMs: 600_000, silenceMs: 600_000 },
  )
  const id = `session-${++made}`
  const session = { peer, offer, etag: `"${id}-1"` }
  sessions.set(id, session)
  return { id, session }
}

async function patch(session: Session, fragment: string, match: string | undefined) {
  if (match === undefined) return { status: 428 }
  const [ufrag, pwd] = [attribute(fragment, 'ice-ufrag'), attribute(fragment, 'ice-pwd')]
  if (match === '*') {
    session.offer = session.offer
      .replaceAll(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${ufrag}`)
      .replaceAll(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${pwd}`)
    const answer = await session.peer.restartIce(session.offer)
    session.etag = `"restarted-${ufrag}"`
    const lines = answer.split(/\r?\n/).filter((line) => /^a=(ice-ufrag|ice-pwd|candidate)/.test(line))
    const type = 'application/trickle-ice-sdpfrag'
    return {
      status: 200,
      headers: { ETag: session.etag, 'Content-Type': type },
      body: `${lines.join('\r\n')}\r\n`,
    }
  }
  if (match !== session.etag) return { status: 412 }
  const found = [...fragment.matchAll(/^a=(candidate:.*?)\r?$/gm)].map(([, candidate = '']) => candidate)
  const sdpMid = attribute(fragment, 'mid')
  await session.peer.addCandidates(found.map((candidate) => ({ candidate, sdpMid, usernameFragment: ufrag })))
  return { status: 204 }
}

async function handle(
  request: IncomingMessage,
): Promise<{ status: number; headers?: Record<string, string>; body?: string }> {
  const { method = '', url = '', headers } = request
  if (method === 'OPTIONS') return { status: 204, headers: { 'Accept-Post': 'application/sdp' } }
  if (method === 'GET')
    return { status: 200, body: JSON.stringify({ requests, loudest, open: sessions.size }) }
  const body = await textOf(request)
  const { authorization, 'content-type': type, 'if-match': match } = headers
  requests.push({ method, url, authorization, type, match: match ?? null })
  if (authorization !== 'Bearer for-the-gateway') return { status: 401 }
  if (method === 'POST') {
    if (type !== 'application/sdp') return { status: 415 }
    const { id, session } = await start(body)
    return {
      status: 201,
      headers: {
        'Content-Type': 'application/sdp',
        Location: `/sessions/${id}`,
        ETag: session.etag,
        Link: '<stun:127.0.0.1:9>; rel="ice-server"',
      },
      body: session.peer.sdp,
    }
  }
  const id = url.split('/').at(-1) ?? ''
  const session = sessions.get(id)
  if (!session) return { status: 404 }
  if (method === 'PATCH') return patch(session, body, match)
  if (method !== 'DELETE') return { status: 405 }
  sessions.delete(id)
  session.peer.close()
  return { status: 200 }
}

const server = createServer((request: IncomingMessage, response: ServerResponse) => {
  handle(request).then(
    ({ status, headers, body }) => response.writeHead(status, { ...cors, ...headers }).end(body),
    () => response.writeHead(500, cors).end(),
  )
})
server.listen(Number(process.env.PORT), '127.0.0.1')
