import { levelDb } from '../../../examples/voice-app/server/voice-activity.js'
import { type AudioFrame, loadWebRtc } from '../../../examples/voice-app/server/wrtc.js'

interface Message {
  type: string
  id: string
  data: Record<string, unknown>
}

interface RequestData {
  sessionId: string
  resume: boolean
  context: { id: string; role: string; text: string }[]
}

/** A minimal caller with a real peer connection. */
export async function call(
  base: string,
  token: string,
  requestData: RequestData,
  spokenSound?: () => Int16Array,
) {
  const { RTCPeerConnection, nonstandard } = loadWebRtc()
  const pc = new RTCPeerConnection()
  const source = new nonstandard.RTCAudioSource()
  pc.addTrack(source.createTrack())
  const channel = pc.createDataChannel('chat', { ordered: true })
  const messages: Message[] = []
  let pongs = 0
  let loudestDb = -90
  let wake = () => {}

  channel.onmessage = ({ data }: MessageEvent<string>) => {
    const message = JSON.parse(data) as Message
    if (message.type === 'pong') pongs++
    else messages.push(message)
    wake()
  }
  pc.ontrack = ({ track }) => {
    const sink = new nonstandard.RTCAudioSink(track)
    sink.ondata = ({ samples }: AudioFrame) => {
      loudestDb = Math.max(loudestDb, levelDb(samples))
      wake()
    }
  }
  await pc.setLocalDescription(await pc.createOffer())
  while (pc.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 5))

  let unopened: (error: Error) => void = () => {}
  const opened = new Promise<void>((resolve, reject) => {
    unopened = reject
    channel.onopen = () => resolve()
  })
  const askedAt = performance.now()
  const reply = await fetch(`${base}/api/voice-agent/offer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({
      sdp: pc.localDescription?.sdp,
      type: 'offer',
      pc_id: null,
      restart_pc: false,
      requestData,
    }),
  })
  const answer = (await reply.json()) as { sdp: string; pc_id: string }
  const answeredInMs = performance.now() - askedAt
  await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp })
  const timer = setTimeout(() => unopened(new Error('The data channel did not open within 30 s.')), 30_000)
  await opened
  clearTimeout(timer)
  const openInMs = performance.now() - askedAt

  const ping = setInterval(() => channel.readyState === 'open' && channel.send(`ping: ${Date.now()}`), 1000)
  const speaksFrom = performance.now()
  let sent = 0
  // A timer may be late. Like a real microphone's, the sound has no gaps then.
  const frames = setInterval(() => {
    for (; sent < (performance.now() - speaksFrom) / 10; sent++) {
      const samples = spokenSound?.() ?? new Int16Array(480)
      source.onData({ samples, sampleRate: 48_000, bitsPerSample: 16, channelCount: 1, numberOfFrames: 480 })
    }
  }, 10)

  const send = (type: string, data: object = {}) =>
    channel.send(JSON.stringify({ id: 'abcdefgh', label: 'rtvi-ai', type, data }))

  /** Waits until the condition holds. Checks it after each message and frame. */
  const until = async (what: string, holds: () => boolean | Promise<boolean>, ms = 30_000) => {
    const deadline = performance.now() + ms
    while (!(await holds())) {
      const left = deadline - performance.now()
      if (left <= 0) throw new Error(`${what} did not happen within ${ms} ms`)
      await new Promise<void>((resolve) => {
        wake = resolve
        setTimeout(resolve, Math.min(left, 250))
      })
    }
  }

  return {
    messages,
    answer,
    answeredInMs,
    openInMs,
    send,
    until,
    channel,
    sendRaw: (text: string) => channel.send(text),
    loudestDb: () => loudestDb,
    pongs: () => pongs,
    types: () => messages.map(({ type }) => type),
    seen: (type: string) => messages.some((message) => message.type === type),
    spokenSoFar: () =>
      messages
        .filter(({ type, data }) => type === 'bot-output' && data.spoken_status === 'in-progress')
        .map(({ data }) => (data.spoken_progress as { accumulated_text: string }).accumulated_text),
    /** Disappears like a closed page, without a farewell over the channel. */
    vanish() {
      clearInterval(ping)
      clearInterval(frames)
    },
    close() {
      clearInterval(ping)
      clearInterval(frames)
      pc.close()
    },
  }
}
