import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'

interface Segment {
  text: string
  willBeSpoken: boolean
}

/** One turn of the bot, assembled from whichever RTVI text messages the bot sends. */
export interface BotTurn {
  readonly id: string
  /** Handles `bot-output`: the spoken part of a segment, or all of an unspoken one. Preferred over the other messages. */
  output(data: Record<string, unknown>): void
  /** Handles `bot-llm-text`, and `bot-tts-text` if the bot sends no other text. */
  text(source: 'llm' | 'tts', text: string): void
  /** Replaces the text by the part that was heard, if the bot reported it. */
  truncateToHeard(): void
  /** True if there is any text, or a segment of it is announced. */
  readonly hasText: boolean
  /** True if the bot reported what was heard, and it was not all. */
  readonly isCutShort: boolean
  /** True if any segment is spoken or will be. */
  readonly isSpoken: boolean
  /** True if there are segments and none of them will be spoken. */
  readonly isSilent: boolean
  /** Returns true if the segment is part of the language model's text. */
  contains(segment: unknown): boolean
  /** Marks words as spoken. Returns false if they are not the next unspoken words of the language model's text. */
  consumeSpoken(words: string): boolean
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
  /** Written text without the words that were spoken so far. */
  let unspoken = ''
  /** `matching` while each word reported as spoken is the next one of the written text; `none` before the first word. */
  let spokenWords: 'none' | 'matching' | 'other' = 'none'

  const heard = () =>
    [...segments.values()]
      .map((segment) => segment.text.trim())
      .filter((part) => part !== '')
      .join(' ')

  /** Returns the written text up to the last spoken word. Returns all of it if the spoken words differ, such as numbers in words. */
  function spokenText(): string {
    if (spokenWords !== 'matching') return shown
    const whole = inOneLine(written)
    return whole.slice(0, whole.length - inOneLine(unspoken).length).trimEnd()
  }

  function heardText(): string {
    return heard() || (source === 'llm' ? spokenText() : shown)
  }

  /** Emits a delta if text was only appended, else the whole text. */
  function show(text: string) {
    if (text === shown) return
    if (text.startsWith(shown))
      emit({ type: 'assistantTextAppended', turnId: id, delta: text.slice(shown.length) })
    else emit({ type: 'assistantTextReplaced', turnId: id, text })
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
    get hasText() {
      return shown !== '' || segments.size > 0
    },
    get isCutShort() {
      return inOneLine(heardText()).length < inOneLine(written || shown).length
    },
    consumeSpoken(words) {
      const rest = inOneLine(unspoken)
      if (!rest.startsWith(inOneLine(words))) {
        spokenWords = 'other'
        return false
      }
      if (spokenWords === 'none') spokenWords = 'matching'
      unspoken = rest.slice(inOneLine(words).length)
      return true
    },
    output(data) {
      if (typeof data.text !== 'string') return
      // RTVI 1 has no segment ids and sends the same words twice, as text and as speech. Other messages have them once.
      if (data.segment_id === undefined && typeof data.spoken === 'boolean') return
      const key = data.segment_id ?? segments.size
      const willBeSpoken = data.will_be_spoken === true
      // Shows text as it is spoken, so that after an interruption the message is what the user heard.
      const isAhead = willBeSpoken && data.spoken_status === 'new'
      const text = spokenPart(data) ?? (isAhead ? '' : data.text)
      segments.set(key, { text, willBeSpoken })
      // Keeps longer text from the language model that is already shown.
      if (source === 'llm' && inOneLine(written).startsWith(inOneLine(heard()))) return
      source = 'output'
      show(heard())
    },
    text(from, text) {
      if (from === 'llm') {
        written += text
        unspoken += text
      } else this.consumeSpoken(text)
      if (source === 'output' || (source === 'llm' && from === 'tts')) return
      if (source !== from) {
        source = from
        show('')
      }
      // Appends without comparing, so that the cost of a delta does not grow with the answer.
      const delta = from === 'tts' && shown !== '' ? ` ${text}` : text
      if (delta === '') return
      emit({ type: 'assistantTextAppended', turnId: id, delta })
      shown += delta
    },
    truncateToHeard() {
      show(heardText())
    },
  }
}
