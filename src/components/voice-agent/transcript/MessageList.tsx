import { memo, useRef, useState } from 'react'
import { hasEarlierMessages, type VoiceAgentState } from '../../../../store/index.js'
import { useToday } from '../hooks/useToday.js'
import { IconButton } from '../parts/IconButton.js'
import { downIcon } from '../parts/icons.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectRestoredCount } from '../selectors.js'
import { Empty } from './Empty.js'
import { selectGaps } from './gaps.js'
import { createFillQueue } from './idle-render-queue.js'
import { LoadEarlier } from './LoadEarlier.js'
import { TranscriptChunk, WaitingChunks } from './TranscriptChunk.js'
import { GapMark } from './TranscriptMarks.js'
import { selectChunkKeys, selectChunkStarts, selectTurnCount } from './transcript-chunks.js'
import { useGradually } from './useIncrementalMount.js'
import { useFollowNewest } from './useStickToBottom.js'

/** Chunks that are there at the first paint, from the end: more than any panel shows at once. */
const EAGER_CHUNKS = 2

const selectFirstIndex = ({ conversation }: VoiceAgentState) => conversation.firstLoadedIndex
const selectFull = ({ conversation }: VoiceAgentState) => conversation.messages.full
const selectTailEnd = ({ conversation }: VoiceAgentState) =>
  conversation.messages.tail.at(-1)?.createdAt ?? null

/** The messages of the conversation, and the turn that the user is speaking. */
export const MessageList = memo(function MessageList() {
  const { texts } = useAssistantView()
  const chunkKeys = useViewState(selectChunkKeys)
  const chunkStarts = useViewState(selectChunkStarts)
  const full = useViewState(selectFull)
  const tailEnd = useViewState(selectTailEnd)
  const turnCount = useViewState(selectTurnCount)
  const firstIndex = useViewState(selectFirstIndex)
  const hasEarlier = useViewState(hasEarlierMessages)
  const restoredCount = useViewState(selectRestoredCount)
  const gaps = useViewState(selectGaps)
  const today = useToday()
  const [queue] = useState(createFillQueue)
  const { shown, isEager } = useGradually(chunkKeys.length, EAGER_CHUNKS)
  const waiting = chunkKeys.length - shown
  const { viewport, content, isAtEnd, jumpToEnd } = useFollowNewest()
  const seen = useRef(0)

  const total = firstIndex + turnCount
  if (isAtEnd) seen.current = total
  const unseen = total - seen.current
  const focusViewport = () => viewport.current?.focus({ preventScroll: true })
  const lastGap = gaps.find(({ before }) => before === total)

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div data-rva-part="viewport" ref={viewport} tabIndex={0} data-at-end={isAtEnd} data-unseen={unseen}>
        <div data-rva-part="log" ref={content} role="log" aria-live="off" aria-label={texts.conversation}>
          {hasEarlier && <LoadEarlier onGone={focusViewport} />}
          {turnCount === 0 && !lastGap && <Empty />}
          {waiting > 0 && <WaitingChunks count={waiting} />}
          {chunkKeys.map((key, index) =>
            index < waiting ? null : (
              <TranscriptChunk
                key={key}
                messages={full[index] ?? null}
                index={index}
                previousAt={index > full.length ? tailEnd : (full[index - 1]?.at(-1)?.createdAt ?? null)}
                start={firstIndex + (chunkStarts[index] ?? turnCount - 1)}
                restoredCount={restoredCount}
                gaps={gaps}
                isLast={index === chunkKeys.length - 1}
                isEager={isEager(index)}
                queue={queue}
                today={today}
              />
            ),
          )}
          {lastGap && <GapMark count={lastGap.count} />}
        </div>
      </div>
      {!isAtEnd && (
        <IconButton
          part="jump"
          icon={downIcon}
          label={texts.jumpToLatest}
          data-unseen={unseen > 0 || undefined}
          onClick={() => {
            jumpToEnd()
            focusViewport()
          }}
        />
      )}
    </>
  )
})
