import type { TextStreamReader } from 'livekit-client'
import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { MAX_MESSAGE_LENGTH } from '../json-text.js'
import type { SpokenMessage } from './session-events.js'

/** Topic of the text streams in which LiveKit Agents reports what was said. */
export const TRANSCRIPTION_TOPIC = 'lk.transcription'

/** Milliseconds after the end of an answer's text in which the agent reports if it was interrupted. */
const VERDICT_MS = 500

/** Matches an interrupted answer if its text starts with the part that was heard: text is sent a word before its audio. */
function isAbout({ text, isInterrupted }: SpokenMessage, turn: Turn): boolean {
  const [said, shown] = [inOneLine(text), inOneLine(turn.text)]
  return isInterrupted ? said !== '' && shown.startsWith(said) : said === shown
}

const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

/** The part of LiveKit's text stream reader that is used. */
export type Transcription = AsyncIterable<string> & {
  readonly info: Pick<TextStreamReader['info'], 'id' | 'attributes'>
}

interface Turn {
  turnId: string
  text: string
  /** True if the user interrupted it from this page. */
  isCut: boolean
  timer?: ReturnType<typeof setTimeout>
}

/** Translates the transcriptions of one connection into turns. */
export function createTranscriptions(emit: (event: TransportEvent) => void) {
  const open = new Map<string, Turn>()
  /** Turns with complete text. */
  const ending = new Set<Turn>()
  const verdicts: SpokenMessage[] = []
  /** Number of the newest text of each user segment. */
  const shown = new Map<string, number>()
  let received = 0
  let isClosed = false

  function end(turn: Turn, isInterrupted: boolean) {
    if (!ending.delete(turn)) return
    clearTimeout(turn.timer)
    const { turnId } = turn
    emit({ type: isInterrupted ? 'assistantTurnInterrupted' : 'assistantTurnCompleted', turnId })
  }

  /** The stream does not say if an answer was interrupted. The session's events do, before or after it. */
  function complete(turn: Turn) {
    ending.add(turn)
    const index = verdicts.findIndex((message) => isAbout(message, turn))
    const [verdict] = index < 0 ? [] : verdicts.splice(index, 1)
    if (verdict) return end(turn, verdict.isInterrupted)
    turn.timer = setTimeout(() => end(turn, turn.isCut), VERDICT_MS)
  }

  /** Reads the text as it arrives. Returns null if it breaks off. */
  async function readAll(stream: Transcription, onPart: (part: string) => void): Promise<string | null> {
    let text = ''
    try {
      for await (const part of stream) {
        if (isClosed) return null
        if (part === '') continue
        if (text.length + part.length > MAX_MESSAGE_LENGTH) {
          emit({ type: 'protocolError', why: 'malformed' })
          return null
        }
        text += part
        onPart(part)
      }
      return isClosed ? null : text
    } catch {
      return null
    }
  }

  async function readAgent(segmentId: string, stream: Transcription) {
    let turn = open.get(segmentId)
    const text = await readAll(stream, (delta) => {
      if (!turn) {
        turn = { turnId: segmentId, text: '', isCut: false }
        open.set(segmentId, turn)
        // The agent speaks again, so its earlier answers are over and verdicts on them would be too late.
        for (const earlier of ending) end(earlier, earlier.isCut)
        verdicts.length = 0
        emit({ type: 'assistantTurnStarted', turnId: segmentId })
      }
      turn.text += delta
      emit({ type: 'assistantTextAppended', turnId: segmentId, delta })
    })
    if (!turn || isClosed) return
    open.delete(segmentId)
    turn.isCut ||= text === null
    complete(turn)
  }

  async function readUser(segmentId: string, stream: Transcription) {
    const number = ++received
    const text = await readAll(stream, () => undefined)
    // A later text of the same words was complete first.
    if (text === null || (shown.get(segmentId) ?? 0) > number) return
    shown.set(segmentId, number)
    const final = stream.info.attributes?.['lk.transcription_final'] === 'true'
    if (text !== '' || final) emit({ type: 'userTranscriptReceived', text, final })
  }

  return {
    /** @param isUser True for the user's words, false for the agent's. */
    read(stream: Transcription, isUser: boolean) {
      const { id, attributes } = stream.info
      const segmentId = attributes?.['lk.segment_id'] || id
      void (isUser ? readUser(segmentId, stream) : readAgent(segmentId, stream))
    },
    /** Handles the agent's report if it could finish a message. */
    judge(message: SpokenMessage) {
      const spoken = [...ending].find((turn) => isAbout(message, turn))
      if (spoken) return end(spoken, message.isInterrupted)
      verdicts.push(message)
    },
    /** Marks open turns as interrupted by the user from this page. */
    cut() {
      for (const turn of open.values()) turn.isCut = true
    },
    close() {
      isClosed = true
      for (const { timer } of ending) clearTimeout(timer)
      ending.clear()
    },
  }
}
