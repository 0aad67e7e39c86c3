import type { Player } from './audio-out.js'
import { answer, type CartAction } from './brain/answer.js'
import { refused, unanswered } from './brain/cart-changes.js'
import { goOn, reseeded, toSpeech, welcome } from './brain/occasions.js'
import { readCart, readContent } from './client-messages.js'
import { createListening } from './listening.js'
import { buildRtvi, parseInbound, pong, rtviVersion } from './rtvi.js'
import type { AgentSession } from './sessions.js'
import { type CutReason, speakTurn } from './speaking.js'
import type { Speech } from './speech.js'
import { createToolCalls } from './tool-calls.js'
import { createVoiceActivity } from './voice-activity.js'
import type { AudioFrame } from './wrtc.js'

/** The session of a call and how the call begins. */
export interface Opening {
  session: AgentSession
  /** True if the session was in memory and continues. */
  resumed: boolean
  /** True if it continues another tab's call, without a pause. */
  isHandedOver?: boolean
  /** Number of the client's messages that a new agent received. */
  seededWith: number
  /** Names of the client's tools. */
  tools: ReadonlySet<string>
}

export interface ConversationPorts extends Opening {
  resumeForMs: number
  speech: Speech
  audio: Player
  send: (text: string) => void
  /** Called after each change of the session. */
  onRemember: () => void
  hangUp: () => void
}

export interface Conversation {
  /** Handles a message of the data channel. */
  receive(raw: unknown): void
  /** Handles audio from the user's microphone. */
  hear(frame: AudioFrame): void
  /** Resolves at the end of the current sentence. Unspoken sentences are saved for the next call. */
  finishSentence(): Promise<void>
  /** Continues after {@link finishSentence}, because the session stays here. */
  stay(): void
  /** Ends the current turn. Unspoken sentences are saved for the next call. */
  close(): Promise<void>
}

const historyLimit = 200

/** The conversation of a call: handles RTVI messages and the turns of the agent and the user. */
export function createConversation(ports: ConversationPorts): Conversation {
  const { session, resumed, isHandedOver = false, seededWith, tools, resumeForMs, speech, audio } = ports
  const activity = createVoiceActivity()
  let ready = false
  let closed = false
  let leaving = false
  let segments = 0
  let floor: AbortController | null = null
  let turn: Promise<void> = Promise.resolve()

  const send = (type: string, data?: Record<string, unknown>, id?: string) => {
    if (!closed) ports.send(buildRtvi(type, data, id))
  }
  const toolCalls = createToolCalls(send)
  const cut = (reason: CutReason) => floor?.abort(reason)
  const remember = (role: 'user' | 'assistant', text: string) => {
    session.history.push({ role, text })
    session.history.splice(0, session.history.length - historyLimit)
    ports.onRemember()
  }

  /** Runs `compose` after the previous turn has ended, so that the history is complete. */
  const say = (compose: (signal: AbortSignal) => string[] | Promise<string[]>, isContinued = false) => {
    cut('interrupted')
    const mine = new AbortController()
    floor = mine
    turn = turn
      .then(() => take(compose, mine, isContinued))
      .catch(() => {
        // Only this answer fails; the call continues.
        send('error', { message: 'The agent could not answer.', fatal: false })
        if (floor === mine) floor = null
      })
  }

  const take = async (compose: Parameters<typeof say>[0], mine: AbortController, isContinued: boolean) => {
    const sentences = await compose(mine.signal)
    // If this process is killed in mid-answer, another one speaks the answer.
    session.unspoken = sentences
    ports.onRemember()
    const spoken = await speakTurn(
      sentences,
      {
        speech,
        audio,
        send,
        nextSegmentId: () => ++segments,
        thinkMs: isContinued ? 0 : 250 + (session.history.length % 4) * 50,
        isLeaving: () => leaving,
      },
      mine.signal,
    )
    const continuesLater = mine.signal.aborted ? mine.signal.reason === 'call_lost' : leaving
    session.unspoken = continuesLater ? spoken.unspoken : []
    if (spoken.said !== '') remember('assistant', spoken.said)
    else ports.onRemember()
    if (floor === mine) floor = null
  }

  const perform = async (action: CartAction, signal: AbortSignal) => {
    const { tool, arguments: args, report, needsApproval } = action
    const outcome = await toolCalls.call(tool, args, signal, needsApproval)
    if (outcome === null) return unanswered
    return 'error' in outcome ? (action.refused ?? refused)(outcome.error) : report(outcome.result)
  }

  const answerText = (text: string) =>
    say((signal) => {
      const { sentences, action } = answer({ text, cart: session.cart, history: session.history, tools })
      remember('user', text)
      return action ? perform(action, signal) : sentences
    })

  const answerSpeech = (seconds: number) =>
    say(() => {
      const sentences = toSpeech(seconds, session.history)
      remember('user', '')
      return sentences
    })

  /**
   * Acknowledges a text, and returns true if it is new. A client that missed the acknowledgement sends it again, under the same id. Compares
   * the content too, because some clients give all messages the same id.
   */
  const isNewText = (id: string, content: string | null) => {
    if (id === '') return true
    const isNew = !session.received.some((text) => text.id === id && text.content === content)
    if (isNew) {
      session.received = [...session.received, { id, content }].slice(-historyLimit)
      ports.onRemember()
    }
    send('server-message', { type: 'session', sessionId: session.id, lastTextId: id })
    return isNew
  }

  const opening = (): string[] => {
    if (!resumed && seededWith > 0) return reseeded(seededWith)
    if (session.unspoken.length > 0)
      return isHandedOver
        ? [...session.unspoken]
        : goOn(session.unspoken, session.history.at(-1)?.role === 'assistant')
    return session.history.length === 0 ? welcome : []
  }

  const listening = createListening({
    agentHasFloor: () => floor !== null,
    bargeIn: () => cut('interrupted'),
    speechStarted: () => send('user-started-speaking'),
    speechStopped: () => send('user-stopped-speaking'),
    turnSpoken: (seconds) => {
      const timestamp = new Date().toISOString()
      send('user-transcription', { text: '', final: true, timestamp, user_id: 'user' })
      answerSpeech(seconds)
    },
  })

  const handlers: Record<string, (data: Record<string, unknown>, id: string) => void> = {
    'client-ready': (_data, id) => {
      send('bot-ready', { version: rtviVersion, about: { library: 'redux-voice-agent voice server' } }, id)
      if (ready) return
      ready = true
      const lastTextId = session.received.at(-1)?.id ?? null
      const handsOver = true
      send('server-message', {
        type: 'session',
        sessionId: session.id,
        resumed,
        resumeForMs,
        handsOver,
        lastTextId,
      })
      const sentences = opening()
      if (sentences.length > 0) say(() => sentences, isHandedOver)
    },
    'send-text': (data, id) => {
      const content = readContent(data)
      if (!isNewText(id, content)) return
      if (content === null) send('error', { message: 'send-text needs a content to answer.', fatal: false })
      else answerText(content)
    },
    'client-message': ({ t, d }, id) => {
      const cart = t === 'cart' ? readCart(d) : null
      if (cart) {
        session.cart = cart
        ports.onRemember()
      } else if (t === 'interrupt') cut('interrupted')
      else
        return send(
          'error-response',
          { error: t === 'cart' ? 'The cart is malformed.' : 'Not understood.' },
          id,
        )
      send('server-response', { t, d: { ok: true } }, id)
    },
    'llm-function-call-result': (data) => toolCalls.answer(data),
    'disconnect-bot': () => ports.hangUp(),
  }

  return {
    receive(raw) {
      const message = parseInbound(raw)
      if (message.kind === 'ping') return ports.send(pong)
      if (message.kind === 'signalling') return
      if (message.kind === 'malformed') return send('error', { message: message.reason, fatal: false })
      const handle = Object.hasOwn(handlers, message.type) ? handlers[message.type] : undefined
      if (!handle) return send('error', { message: 'This message type is not known here.', fatal: false })
      if (!ready && message.type !== 'client-ready') {
        return send('error', { message: 'Send client-ready first.', fatal: false })
      }
      handle(message.data, message.id)
    },
    hear({ samples, sampleRate }) {
      if (!ready || closed) return
      listening.push(activity.push(samples, sampleRate), (samples.length / sampleRate) * 1000)
    },
    async finishSentence() {
      leaving = true
      // A text that arrives meanwhile begins another turn, whose answer the next call speaks.
      let last: Promise<void> | null = null
      while (last !== turn) {
        last = turn
        await last
      }
    },
    stay() {
      leaving = false
      const rest = [...session.unspoken]
      if (rest.length > 0) say(() => rest, true)
    },
    async close() {
      closed = true
      cut('call_lost')
      await turn
    },
  }
}
