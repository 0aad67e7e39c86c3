import type { SessionChannel } from '../../../../middleware/drivers/storage/ports.js'
import type { MirrorMessage } from './messages.js'

/** Version of the messages. Pages with another version can't read them, so they don't take part. */
const VERSION = 1

/** A message in the form that every page of the origin can see. */
interface Sealed {
  iv: ArrayBuffer
  data: ArrayBuffer
}

/** The encrypted content: the random id of the sender's channel, the message's number there from 1, and the message. */
type Numbered = [sender: string, number: number, message: MirrorMessage]

export interface SealedChannel {
  /** Posts a message. Messages arrive in the order of these calls. */
  post(message: MirrorMessage): void
  /** Resolves once all earlier messages are on the channel. */
  flushed(): Promise<void>
  close(): void
}

const isSealed = (data: unknown): data is Sealed =>
  typeof data === 'object' &&
  data !== null &&
  'iv' in data &&
  data.iv instanceof ArrayBuffer &&
  'data' in data &&
  data.data instanceof ArrayBuffer

/**
 * Opens the channel between the tabs of one session. Messages are encrypted with the session's key (AES-256-GCM) and authenticated with its id.
 * A page without the key can neither read nor create them, nor deliver them again: each has its sender and a number. Messages that do not
 * decrypt or were delivered before are ignored.
 *
 * @param onMessage Called with messages in the order in which they were posted. Not called after `close()`.
 * @param onError Called with an error of `onMessage`, or of a message that could not be posted. Later messages are still delivered.
 */
export function openSealedChannel(
  { name, key }: SessionChannel,
  sessionId: string,
  onMessage: (message: MirrorMessage) => void,
  onError: (error: unknown) => void,
): SealedChannel {
  const channel = new BroadcastChannel(name)
  const additionalData = new TextEncoder().encode(
    JSON.stringify(['redux-voice-agent/mirror', VERSION, sessionId]),
  )
  const sender = crypto.randomUUID()
  let posted = 0
  /** Number of the last message of each sender. */
  const delivered = new Map<string, number>()
  let isClosed = false
  let posting: Promise<unknown> = Promise.resolve()
  let reading: Promise<unknown> = Promise.resolve()

  async function seal(message: MirrorMessage): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12)).buffer
    const numbered: Numbered = [sender, ++posted, message]
    const json = new TextEncoder().encode(JSON.stringify(numbered))
    return { iv, data: await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, json) }
  }

  async function open({ iv, data }: Sealed): Promise<Numbered> {
    const json = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, data)
    return JSON.parse(new TextDecoder().decode(json)) as Numbered
  }

  /** Returns false for a message that was delivered before, or is older than the last one. */
  function isNew([from, number]: Numbered): boolean {
    if (number <= (delivered.get(from) ?? 0)) return false
    delivered.set(from, number)
    return true
  }

  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isSealed(data)) return
    const opened = open(data).catch(() => null)
    // Decrypts in parallel, and delivers in order.
    reading = reading
      .then(async () => {
        const numbered = await opened
        if (numbered && !isClosed && isNew(numbered)) onMessage(numbered[2])
      })
      .catch(onError)
  }

  return {
    post(message) {
      if (isClosed) return
      const sealed = seal(message)
      // Reported below, once its turn comes.
      sealed.catch(() => {})
      // If a message can't be posted, mirrors detect the gap.
      posting = posting.then(async () => channel.postMessage(await sealed)).catch(onError)
    },
    flushed: () => posting.then(() => undefined),
    close() {
      isClosed = true
      channel.onmessage = null
      void posting.then(() => channel.close())
    },
  }
}
