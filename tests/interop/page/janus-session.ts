import { VoiceAgentError } from 'redux-voice-agent'

type Fields = Record<string, unknown>

/** A session with Janus' REST interface, with one plugin attached. Source: Janus documentation, "RESTful, WebSockets, … transports". */
export interface JanusSession {
  /** Sends an offer to the plugin, and returns its answer. */
  negotiate(offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit>
  trickle(candidate: RTCIceCandidate | null): void
}

export async function openJanusSession(
  server: string,
  plugin: string,
  { token, signal, onHangup }: { token: string; signal: AbortSignal; onHangup(): void },
): Promise<JanusSession> {
  let answered: (answer: RTCSessionDescriptionInit) => void = () => {}
  const headers = { Authorization: `Bearer ${token}` }

  async function exchange(path: string, request?: Fields): Promise<Fields> {
    const body = request && JSON.stringify({ ...request, transaction: crypto.randomUUID() })
    const response = await fetch(`${server}${path}`, {
      headers,
      signal,
      ...(body === undefined ? {} : { method: 'POST', body }),
    }).catch((cause: unknown) => {
      signal.throwIfAborted()
      throw new VoiceAgentError('signalling-unavailable', undefined, { cause })
    })
    const reply = (await response.json().catch(() => ({}))) as Fields
    if (!response.ok || reply.janus === 'error') throw new VoiceAgentError('signalling-rejected')
    return reply
  }
  const create = async (path: string, request: Fields) =>
    `${path}/${((await exchange(path, request)).data as { id: number }).id}`

  const session = await create('', { janus: 'create' })
  const handle = await create(session, { janus: 'attach', plugin })

  /** Long-polls for the responses that Janus only acknowledged, which also keeps the session alive. */
  async function listen() {
    while (!signal.aborted) {
      const event = await exchange(session)
      if (event.jsep) answered(event.jsep as RTCSessionDescriptionInit)
      if (event.janus === 'hangup') onHangup()
    }
  }
  listen().catch(() => {
    if (!signal.aborted) onHangup()
  })

  return {
    async negotiate({ type, sdp }) {
      const answer = new Promise<RTCSessionDescriptionInit>((resolve, reject) => {
        answered = resolve
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
      await exchange(handle, { janus: 'message', body: { audio: true }, jsep: { type, sdp } })
      return answer
    },
    trickle(candidate) {
      const last = { completed: true }
      void exchange(handle, { janus: 'trickle', candidate: candidate?.toJSON() ?? last }).catch(
        () => undefined,
      )
    },
  }
}
