import { Fragment, memo, useCallback } from 'react'
import { chunkAt, type VoiceAgentState } from '../../../../store/index.js'
import { MessageArticle } from './MessageArticle.js'
import { RestoredMark } from './RestoredMark.js'
import { selectInterim } from './transcript-chunks.js'
import { useViewState } from './view-context.js'

interface TranscriptChunkProps {
  /** Which of the loaded chunks. */
  index: number
  /** Index of its first message in the whole conversation. */
  start: number
  /** How many messages of the conversation were restored. */
  restoredCount: number
  /** What is being said stands at the end of the last one. */
  isLast: boolean
}

const selectNothing = () => null

/** Some of the messages. While text streams only the last of these renders, and in it only the message that grows. */
export const TranscriptChunk = memo(function TranscriptChunk({
  index,
  start,
  restoredCount,
  isLast,
}: TranscriptChunkProps) {
  const messages = useViewState(
    useCallback(({ conversation }: VoiceAgentState) => chunkAt(conversation.messages, index), [index]),
  )
  const interim = useViewState(isLast ? selectInterim : selectNothing)
  const turns = interim ? [...messages, interim] : messages
  return turns.map((turn, offset) => (
    <Fragment key={turn.id}>
      <MessageArticle turn={turn} isRestored={start + offset < restoredCount} />
      {start + offset === restoredCount - 1 && <RestoredMark />}
    </Fragment>
  ))
})
