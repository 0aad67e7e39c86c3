import type { TransportEvent } from '../../../../../middleware/webrtc/ports.js'

interface Segment {
  text: string
  willBeSpoken: boolean
}

/** One turn of the bot's, put together from whichever of RTVI's text messages the bot sends. */
export interface BotTurn {
  readonly id: string
  /** `bot-output`: what was spoken of a segment, or all of it where it is not spoken. Preferred over the others. */
  output(data: Record<string, unknown>): void
  /** `bot-llm-text`, or `bot-tts-text` where the bot sends no other. */
  text(source: 'llm' | 'tts', text: string): void
  /** Leaves what was heard, where the bot told. */
  cut(): void
  /** Whether some of it is spoken, or on its way to be. */
  readonly isSpoken: boolean
  /** Whether it is known that none of it is spoken. */
  readonly isSilent: boolean
  /** Whether this segment is of what the language model wrote. */
  contains(segment: unknown): boolean
  /** Whether these words are the next to be spoken of what the language model wrote; takes them for spoken. */
  speaks(words: string): boolean
}

const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

function spokenPart(data: Record<string, unknown>): string | null {
  const progress = data.spoken_progress
  if (typeof progress !== 'object' || progress === null) return null
  const { accumulated_text: accumulated } = progress as Record<string, unknown>
  return typeof accumulated === 'string' ? accumulated : null
}

export function createBotTurn(id: string, emit: (event: TransportEvent) => void): BotTurn {
  const segments = new Map<unknown, Segment>()
  let source: 'output' | 'llm' | 'tts' | null = null
  let shown = ''
  let written = ''
  /** What of it is still to be spoken, as far as single words tell. */
  let unspoken = ''

  const heard = () =>
    [...segments.values()]
      .map((segment) => segment.text.trim())
      .filter((part) => part !== '')
      .join(' ')

  /** Sends what was added where it was only added, the whole where it changed. */
  function show(text: string) {
    if (text === shown) return
    if (text.startsWith(shown)) emit({ type: 'assistant-text', turnId: id, delta: text.slice(shown.length) })
    else emit({ type: 'assistant-text-replaced', turnId: id, text })
    shown = text
  }

  return {
    id,
    get isSpoken() {
      return [...segments.values()].some(({ willBeSpoken }) => willBeSpoken)
    },
    get isSilent() {
      return segments.size > 0 && !this.isSpoken
    },
    contains: (segment) => typeof segment === 'string' && inOneLine(written).includes(inOneLine(segment)),
    speaks(words) {
      const rest = inOneLine(unspoken)
      if (!rest.startsWith(inOneLine(words))) return false
      unspoken = rest.slice(inOneLine(words).length)
      return true
    },
    output(data) {
      if (typeof data.text !== 'string') return
      // RTVI 1 numbers no segments and sends the same words twice, as text and as spoken: the other messages have them once.
      if (data.segment_id === undefined && typeof data.spoken === 'boolean') return
      const key = data.segment_id ?? segments.size
      const willBeSpoken = data.will_be_spoken === true
      // What will be spoken is shown as it is spoken: after an interruption the text is what was heard.
      const isAhead = willBeSpoken && data.spoken_status === 'new'
      const text = spokenPart(data) ?? (isAhead ? '' : data.text)
      segments.set(key, { text, willBeSpoken })
      // What can be read already is not taken back while it is spoken.
      if (source === 'llm' && inOneLine(written).startsWith(inOneLine(heard()))) return
      source = 'output'
      show(heard())
    },
    text(from, text) {
      if (from === 'llm') {
        written += text
        unspoken += text
      } else this.speaks(text)
      if (source === 'output' || (source === 'llm' && from === 'tts')) return
      if (source !== from) {
        source = from
        show('')
      }
      // Appended without a look at what is shown: a delta costs the same however long the answer is.
      const delta = from === 'tts' && shown !== '' ? ` ${text}` : text
      if (delta === '') return
      emit({ type: 'assistant-text', turnId: id, delta })
      shown += delta
    },
    cut() {
      if (heard() !== '') show(heard())
    },
  }
}
