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
  /** Whether text is still on its way to being spoken. */
  readonly isSpoken: boolean
}

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
      return source === 'output' && [...segments.values()].some(({ willBeSpoken }) => willBeSpoken)
    },
    output(data) {
      if (typeof data.text !== 'string') return
      source = 'output'
      const key = data.segment_id ?? segments.size
      const willBeSpoken = data.will_be_spoken === true
      // What will be spoken is shown as it is spoken: after an interruption the text is what was heard.
      const isAhead = willBeSpoken && data.spoken_status === 'new'
      const text = spokenPart(data) ?? (isAhead ? '' : data.text)
      segments.set(key, { text, willBeSpoken })
      show(
        [...segments.values()]
          .map((segment) => segment.text.trim())
          .filter((part) => part !== '')
          .join(' '),
      )
    },
    text(from, text) {
      if (source === 'output' || (source === 'llm' && from === 'tts')) return
      if (source !== from) {
        source = from
        show('')
      }
      show(from === 'tts' && shown !== '' ? `${shown} ${text}` : shown + text)
    },
  }
}
