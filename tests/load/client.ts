import { loadWebRtc } from '../../examples/voice-app/server/wrtc.js'

/** Duration of each step, in milliseconds. */
export interface Timings {
  token: number
  offer: number
  /** From the SDP answer to an open data channel. */
  open: number
  /** From `client-ready` to the session message. */
  ready: number
  /** Until a text is acknowledged, that is, handled by the server. */
  text: number
  /** From a new token to the session message: a reload, without the page. */
  resume: number
}

interface Session {
  token: string
  session_id: string
}

interface Connection {
  pcId: string
  offerMs: number
  openMs: number
  readyMs: number
  isResumed: boolean
  sendText(content: string): Promise<void>
  close(): void
}

const timeoutMs = 10_000
/** The package's own client makes 25 attempts. */
const mostAttempts = 3
/** Header that identifies a client to a balancer with sticky sessions. */
export const clientHeader = 'x-client'

async function timed<T>(work: () => Promise<T>): Promise<[ms: number, result: T]> {
  const since = performance.now()
  const result = await work()
  return [performance.now() - since, result]
}

async function post(url: string, client: string, token: string | null, body: object): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      [clientHeader]: client,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response.json()
}

function within<T>(work: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No ${what} within ${timeoutMs} ms.`)), timeoutMs)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Creates a peer connection with only the data channel. @param pcId The same page's previous connection. */
async function connect(
  endpoint: string,
  client: string,
  { token, session_id: sessionId }: Session,
  pcId: string | null,
): Promise<Connection> {
  const { RTCPeerConnection } = loadWebRtc()
  const pc = new RTCPeerConnection()
  const channel = pc.createDataChannel('chat', { ordered: true })
  let onSession: (data: Record<string, unknown>) => void = () => {}
  const nextSession = (what: string) =>
    within(
      new Promise<Record<string, unknown>>((resolve) => {
        onSession = resolve
      }),
      what,
    )
  channel.onmessage = ({ data }: MessageEvent<string>) => {
    if (!data.startsWith('{')) return
    const { type, data: content } = JSON.parse(data)
    if (type === 'server-message' && content.type === 'session') onSession(content)
  }
  const opened = new Promise<void>((resolve) => {
    channel.onopen = () => resolve()
  })
  await pc.setLocalDescription(await pc.createOffer())
  await within(
    new Promise<void>((resolve) => {
      const look = () => pc.iceGatheringState === 'complete' && resolve()
      pc.onicegatheringstatechange = look
      look()
    }),
    'candidates',
  )
  const request_data = { sessionId, resume: pcId !== null, context: [], tools: [] }
  const offer = {
    sdp: pc.localDescription?.sdp,
    type: 'offer',
    pc_id: pcId,
    restart_pc: pcId !== null,
    request_data,
  }
  const [offerMs, answer] = await timed(
    () => post(`${endpoint}/offer`, client, token, offer) as Promise<{ sdp: string; pc_id: string }>,
  )
  const [openMs] = await timed(async () => {
    await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
    await within(opened, 'data channel')
  })
  const send = (type: string, data: object, id: string) =>
    channel.send(JSON.stringify({ id, label: 'rtvi-ai', type, data }))
  const [readyMs, session] = await timed(() => {
    const said = nextSession('message of the session')
    send('client-ready', { version: '2.1.0', about: { library: 'load' } }, 'ready')
    return said
  })
  return {
    pcId: answer.pc_id,
    offerMs,
    openMs,
    readyMs,
    isResumed: session.resumed === true,
    async sendText(content) {
      const acknowledged = nextSession('acknowledgement')
      const id = crypto.randomUUID()
      send('send-text', { content }, id)
      const { lastTextId } = await acknowledged
      if (lastTextId !== id) throw new Error('Another text was acknowledged.')
    },
    close() {
      channel.onmessage = channel.onopen = null
      pc.close()
    },
  }
}

/**
 * A client that calls, types, and can reconnect.
 *
 * @param onRepeated Called with the reason when a connection attempt is repeated, as after a crash of libwebrtc.
 */
export async function call(endpoint: string, onRepeated: (reason: string) => void) {
  const client = crypto.randomUUID()
  const insist = async (session: Session, pcId: string | null): Promise<Connection> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await connect(endpoint, client, session, pcId)
      } catch (error) {
        if (attempt === mostAttempts) throw error
        onRepeated((error as Error).message)
      }
    }
  }
  const [token, session] = await timed(() => post(`${endpoint}/token`, client, null, {}) as Promise<Session>)
  const first = await insist(session, null)
  const [text] = await timed(() => first.sendText('How are you?'))
  return {
    /** Leaves, and returns with a new token. @throws Error if the agent does not remember. */
    async comeBack(): Promise<Timings> {
      first.close()
      const [resume, second] = await timed(async () => {
        const body = { session_id: session.session_id }
        const renewed = (await post(`${endpoint}/token`, client, session.token, body)) as Session
        return insist(renewed, first.pcId)
      })
      second.close()
      if (!second.isResumed) throw new Error('The agent does not remember the session.')
      return { token, offer: first.offerMs, open: first.openMs, ready: first.readyMs, text, resume }
    },
  }
}
