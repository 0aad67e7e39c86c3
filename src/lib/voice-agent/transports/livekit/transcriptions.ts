import type { TextStreamReader } from 'livekit-client'
import type { TransportEvent } from '../../../../../middleware/drivers/call/ports.js'
import { longestMessage } from '../json-text.js'
import type { SpokenMessage } from './session-events.js'

/** Topic of the text streams in which LiveKit Agents reports what was said. */
export const transcriptionTopic = 'lk.transcription'

/** Milliseconds after the end of an answer's text in which the agent says if it was cut off. */
const verdictTime = 500

/** Answers whose text is a little longer than what the agent says was heard are cut off: text is sent a word before its sound. */
function isAbout({ text, isInterrupted }: SpokenMessage, turn: Turn): boolean {
  const [said, shown] = [inOneLine(text), inOneLine(turn.text)]
  return isInterrupted ? said !== '' && shown.startsWith(said) : said === shown
}

const inOneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

/** Parts of a stream that are read. LiveKit's own reader is one. */
export type Transcription = AsyncIterable<string> & {
  readonly info: Pick<TextStreamReader['info'], 'id' | 'attributes'>
}

interface Turn {
  turnId: string
  text: string
  /** True if the user has interrupted it from here. */
  isCut: boolean
  timer?: ReturnType<typeof setTimeout>
}

/** Translates the transcriptions of one connection into turns. */
export function createTranscriptions(emit: (event: TransportEvent) => void) {
  const open = new Map<string, Turn>()
  /** Turns whose text is complete. */
  const ending = new Set<Turn>()
  const verdicts: SpokenMessage[] = []
  /** Number of the newest text of each segment of the user's. */
  const shown = new Map<string, number>()
  let received = 0
  let isClosed = false

  function end(turn: Turn, isInterrupted: boolean) {
    if (!ending.delete(turn)) return
    clearTimeout(turn.timer)
    const { turnId } = turn
    emit({ type: isInterrupted ? 'assistantTurnInterrupted' : 'assistantTurnCompleted', turnId })
  }

  /** The stream does not say if an answer was cut off; the session's events do, before or after it. */
  function complete(turn: Turn) {
    ending.add(turn)
    const index = verdicts.findIndex((message) => isAbout(message, turn))
    const [verdict] = index < 0 ? [] : verdicts.splice(index, 1)
    if (verdict) return end(turn, verdict.isInterrupted)
    turn.timer = setTimeout(() => end(turn, turn.isCut), verdictTime)
  }

  /** Reads the text as it comes. Returns null for one that breaks off. */
  async function readAll(stream: Transcription, onPart: (part: string) => void): Promise<string | null> {
    let text = ''
    try {
      for await (const part of stream) {
        if (isClosed) return null
        if (part === '') continue
        if (text.length + part.length > longestMessage) {
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
        // The agent speaks again: its earlier answers are over, and verdicts on them come too late.
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
    // A later text of the same words was complete before.
    if (text === null || (shown.get(segmentId) ?? 0) > number) return
    shown.set(segmentId, number)
    const final = stream.info.attributes?.['lk.transcription_final'] === 'true'
    if (text !== '' || final) emit({ type: 'userTranscriptReceived', text, final })
  }

  return {
    /** @param isUser True for words of the user, false for the agent's. */
    read(stream: Transcription, isUser: boolean) {
      const { id, attributes } = stream.info
      const segmentId = attributes?.['lk.segment_id'] || id
      void (isUser ? readUser(segmentId, stream) : readAgent(segmentId, stream))
    },
    /** The agent has said if it could finish one of its messages. */
    judge(message: SpokenMessage) {
      const spoken = [...ending].find((turn) => isAbout(message, turn))
      if (spoken) return end(spoken, message.isInterrupted)
      verdicts.push(message)
    },
    /** The user has interrupted the agent from here. */
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
