import { Fragment, memo, useCallback, useEffect, useRef, useState } from 'react'
import {
  chunkAt,
  type InterimTranscript,
  type Message,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { beginsDay, showsTime } from '../format/times.js'
import { pendingSource } from '../hooks/agent-source.js'
import { useAgentState } from '../hooks/useAgentState.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { estimateHeight } from './chunk-height.js'
import type { Gap } from './gaps.js'
import type { FillQueue } from './idle-render-queue.js'
import { MessageArticle } from './MessageArticle.js'
import { RestoredMark } from './RestoredMark.js'
import { DayBreak, GapMark } from './TranscriptMarks.js'
import { selectInterim } from './transcript-chunks.js'

interface TranscriptChunkProps {
  /** Those of a chunk that is complete; null in the last ones, which follow the state themselves. */
  messages: readonly Message[] | null
  /** Which of the loaded chunks. */
  index: number
  /** When the message before it was; null before the first. */
  previousAt: number | null
  /** Index of its first message in the whole conversation. */
  start: number
  /** How many messages of the conversation were restored. */
  restoredCount: number
  gaps: readonly Gap[]
  /** What is being said stands at the end of the last one. */
  isLast: boolean
  /** Whether its messages are there from the first paint on; otherwise `queue` says when. */
  isEager: boolean
  queue: FillQueue
  today: number
}

type Turn = Message | InterimTranscript

const noMessages: readonly Message[] = []
const timeOf = (turn: Turn | undefined) =>
  turn === undefined ? null : 'createdAt' in turn ? turn.createdAt : turn.startedAt

function useFilled(isEager: boolean, queue: FillQueue) {
  const element = useRef<HTMLDivElement | null>(null)
  const [isFilled, setIsFilled] = useState(isEager)
  useEffect(() => {
    if (isFilled || !element.current) return
    return queue.add(element.current, () => setIsFilled(true))
  }, [isFilled, queue])
  return { element, isFilled }
}

/**
 * Some of the messages. While text streams only the last of these renders, and in it only the message that grows. While
 * it waits to be filled it has about the room that it will take.
 */
export const TranscriptChunk = memo(function TranscriptChunk(props: TranscriptChunkProps) {
  const {
    messages: complete,
    index,
    previousAt: before,
    start,
    restoredCount,
    gaps,
    isLast,
    isEager,
    queue,
    today,
  } = props
  const isComplete = complete !== null
  const { source } = useAssistantView()
  // A chunk that is complete follows nothing: a long conversation has many of them, and every delta would ask them all.
  const current = useAgentState(
    isComplete ? pendingSource : source,
    useCallback(
      (state: VoiceAgentState) => (isComplete ? noMessages : chunkAt(state.conversation.messages, index)),
      [index, isComplete],
    ),
  )
  const messages = complete ?? current
  const interim = useAgentState(isLast ? source : pendingSource, selectInterim)
  const { element, isFilled } = useFilled(isEager, queue)
  const turns: readonly Turn[] = interim ? [...messages, interim] : messages

  return (
    <div
      data-rva-part="chunk"
      ref={element}
      style={isFilled ? undefined : { blockSize: `${estimateHeight(messages).toFixed(1)}em` }}
    >
      {isFilled &&
        turns.map((turn, offset) => {
          const at = timeOf(turn) ?? 0
          const previousAt = offset === 0 ? before : timeOf(turns[offset - 1])
          const place = start + offset
          const gap = gaps.find((candidate) => candidate.before === place)
          return (
            <Fragment key={turn.id}>
              {gap && <GapMark count={gap.count} />}
              {beginsDay(at, previousAt, today) && <DayBreak at={at} today={today} />}
              <MessageArticle
                turn={turn}
                isRestored={place < restoredCount}
                isTimeShown={showsTime(at, previousAt)}
              />
              {place === restoredCount - 1 && <RestoredMark />}
            </Fragment>
          )
        })}
    </div>
  )
})

const selectMessages = ({ conversation }: VoiceAgentState) => conversation.messages

/** The room of the first chunks, until they are there themselves: as if all were like the last of them, or the first paint would cost by their number. */
export function WaitingChunks({ count }: { count: number }) {
  const { full } = useViewState(selectMessages)
  const height = count * estimateHeight(full[count - 1] ?? noMessages)
  return <div data-rva-part="chunk" style={{ blockSize: `${height.toFixed(1)}em` }} />
}
