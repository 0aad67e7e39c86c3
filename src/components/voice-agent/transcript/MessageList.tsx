import { type ClipboardEventHandler, type ComponentType, memo, useEffect, useRef, useState } from 'react'
import { hasEarlierMessages, type Message, type VoiceAgentState } from '../../../../store/index.js'
import { getTimeFormat } from '../format/times.js'
import { useToday } from '../hooks/time.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { IconButton } from '../parts/IconButton.js'
import { downIcon } from '../parts/icons.js'
import { runWhenIdle } from '../parts/idle.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectRestoredCount } from '../selectors.js'
import { Empty } from './Empty.js'
import { selectGaps } from './gaps.js'
import { createIdleRenderQueue } from './idle-render-queue.js'
import { LoadEarlier } from './LoadEarlier.js'
import { ChunksPlaceholder, TranscriptChunk } from './TranscriptChunk.js'
import { GapMark } from './TranscriptMarks.js'
import { selectChunkKeys, selectChunkStarts, selectLoadedCount } from './transcript-chunks.js'
import { useIncrementalMount } from './useIncrementalMount.js'
import { useStickToBottom } from './useStickToBottom.js'

/** Number of chunks, counted from the end, that the first paint shows. They are taller than any panel. */
const EAGER_CHUNKS = 2

const selectFirstIndex = ({ conversation }: VoiceAgentState) => conversation.firstLoadedIndex
const selectFull = ({ conversation }: VoiceAgentState) => conversation.messages.full

interface MessageListProps {
  /** The user's actions on a message. Left out if the conversation is read-only. */
  marks?: ComponentType<{ message: Message }> | undefined
  onCopy: ClipboardEventHandler<HTMLElement>
}

/** The messages of the conversation. */
export const MessageList = memo(function MessageList({ marks, onCopy }: MessageListProps) {
  const { texts, transcript } = useAssistantView()
  const chunkKeys = useViewState(selectChunkKeys)
  const chunkStarts = useViewState(selectChunkStarts)
  const full = useViewState(selectFull)
  const loadedCount = useViewState(selectLoadedCount)
  const firstIndex = useViewState(selectFirstIndex)
  const hasEarlier = useViewState(hasEarlierMessages)
  const restoredCount = useViewState(selectRestoredCount)
  const gaps = useViewState(selectGaps)
  const today = useToday()
  const [queue] = useState(createIdleRenderQueue)
  const { mountedCount, isEager } = useIncrementalMount(chunkKeys.length, EAGER_CHUNKS)
  const unmountedCount = chunkKeys.length - mountedCount
  const { viewport, content, isAtEnd, jumpToEnd, reveal } = useStickToBottom()
  const seen = useRef(0)

  const total = firstIndex + loadedCount
  if (isAtEnd) seen.current = total
  const unseen = total - seen.current
  useBrowserLayoutEffect(() => {
    transcript.current = { jumpToEnd, reveal }
  }, [transcript, jumpToEnd, reveal])
  // A page's first format is slow to create, and would delay the first words or the restored conversation.
  useEffect(() => runWhenIdle(() => getTimeFormat(texts.locale)), [texts.locale])
  const lastGap = gaps.find(({ before }) => before === total)

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable element must be reachable by keyboard. */}
      <div data-rva-part="viewport" ref={viewport} tabIndex={0} data-at-end={isAtEnd} data-unseen={unseen}>
        <div
          data-rva-part="log"
          ref={content}
          role="log"
          aria-live="off"
          aria-label={texts.conversation}
          onCopy={onCopy}
        >
          {hasEarlier && <LoadEarlier />}
          {loadedCount === 0 && !lastGap && <Empty />}
          {unmountedCount > 0 && <ChunksPlaceholder count={unmountedCount} />}
          {chunkKeys.map((key, index) =>
            index < unmountedCount ? null : (
              <TranscriptChunk
                key={key}
                messages={full[index] ?? null}
                index={index}
                previousAt={full[index - 1]?.at(-1)?.createdAt ?? null}
                start={firstIndex + (chunkStarts[index] ?? 0)}
                restoredCount={restoredCount}
                gaps={gaps}
                marks={marks}
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
          label={unseen > 0 ? texts.jumpToUnseen(unseen) : texts.jumpToLatest}
          data-unseen={unseen > 0 ? unseen : undefined}
          // This removes the button, and focus moves to the viewport.
          onClick={jumpToEnd}
        />
      )}
    </>
  )
})
