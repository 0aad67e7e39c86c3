import { createSelector } from '@reduxjs/toolkit'
import {
  type ClipboardEventHandler,
  type ComponentType,
  memo,
  startTransition,
  useEffect,
  useRef,
  useState,
} from 'react'
import {
  type ConnectionStatus,
  hasEarlierMessages,
  type Message,
  type VoiceAgentState,
} from '../../../../store/index.js'
import { getTimeFormat } from '../format/times.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { useToday } from '../hooks/time.js'
import { IconButton } from '../parts/IconButton.js'
import { Isolated } from '../parts/Isolated.js'
import { downIcon, Icon, micIcon, upIcon } from '../parts/icons.js'
import { runWhenIdle } from '../parts/idle.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { selectConnection, selectRestoration, selectRestoredCount } from '../selectors.js'
import { ChunksPlaceholder, createIdleRenderQueue, TranscriptChunk } from './TranscriptChunk.js'
import { GapMark, selectGaps } from './TranscriptMarks.js'
import { useStickToBottom } from './useStickToBottom.js'

const firstId = ([first]: readonly Message[]) => first?.id ?? ''

/**
 * Selects a key for each chunk: the id of its first message. It does not change when the chunk fills up or earlier messages
 * are loaded. The array stays identical while text streams, so that the message list does not re-render.
 */
const selectChunkKeys = createSelector(
  [
    ({ conversation }: VoiceAgentState) => conversation.messages.full,
    ({ conversation }: VoiceAgentState) => firstId(conversation.messages.tail),
  ],
  (full, tailKey) => [...full.map(firstId), tailKey].filter((key) => key !== ''),
)

/** Selects the index of each chunk's first message among the loaded messages. */
const selectChunkStarts = createSelector(
  [({ conversation }: VoiceAgentState) => conversation.messages.full],
  (full) => {
    const starts = [0]
    for (const chunk of full) starts.push((starts.at(-1) ?? 0) + chunk.length)
    return starts
  },
)

const selectFull = ({ conversation }: VoiceAgentState) => conversation.messages.full
const selectLoadedCount = ({ conversation }: VoiceAgentState) => conversation.messages.count
const selectFirstIndex = ({ conversation }: VoiceAgentState) => conversation.firstLoadedIndex

/** Number of chunks, counted from the end, that are mounted without delay. They are taller than any panel. */
const EAGER_CHUNKS = 2

/**
 * Mounts only the last chunks with the first paint, and the others right after it. Later, a few new chunks are mounted and rendered
 * immediately.
 *
 * @returns `mountedCount`, counted from the end. `isEager` is true for a chunk that is rendered immediately; the others are rendered when the
 *   browser is idle.
 */
function useIncrementalMount(count: number) {
  const [target, setTarget] = useState(EAGER_CHUNKS)
  const committed = useRef(0)
  const mountedCount = count - target <= EAGER_CHUNKS ? count : Math.max(target, EAGER_CHUNKS)
  const isSmallBatch = mountedCount - committed.current <= EAGER_CHUNKS
  useBrowserLayoutEffect(() => {
    committed.current = mountedCount
  })
  useEffect(() => {
    if (target !== count) startTransition(() => setTarget(count))
  }, [target, count])
  return { mountedCount, isEager: (index: number) => isSmallBatch || index >= count - EAGER_CHUNKS }
}

const textKeys = {
  idle: 'emptyIdle',
  disconnected: 'emptyIdle',
  connecting: 'emptyConnecting',
  reconnecting: 'emptyConnecting',
  connected: 'emptyConnected',
  // The notice explains the error, and the button offers the next step.
  failed: 'emptyFailed',
} as const satisfies Record<ConnectionStatus, string>

/** A placeholder while messages are restored. */
function Skeleton({ text }: { text: string }) {
  return (
    <div data-rva-part="skeleton">
      <p>{text}</p>
      <span aria-hidden="true" />
      <span aria-hidden="true" />
      <span aria-hidden="true" />
    </div>
  )
}

/** Shown instead of messages: what to do, or that the conversation is being restored. */
function Empty() {
  const { texts, slots } = useAssistantView()
  const restoration = useViewState(selectRestoration)
  const { status, microphone } = useViewState(selectConnection)
  if (restoration === 'restoring') return <Skeleton text={texts.restoring} />
  if (slots.empty !== undefined)
    return (
      <div data-rva-part="empty">
        <Isolated>{slots.empty}</Isolated>
      </div>
    )
  return (
    <div data-rva-part="empty">
      <Icon drawing={micIcon} />
      <p>{microphone === 'prompting' ? texts.emptyPrompting : texts[textKeys[status]]}</p>
    </div>
  )
}

/** Loads earlier messages. Removed once all are loaded. */
function LoadEarlier() {
  const { texts, commands } = useAssistantView()
  const [isLoading, setIsLoading] = useState(false)
  const load = async () => {
    if (isLoading) return
    setIsLoading(true)
    await commands.loadEarlierMessages()
    setIsLoading(false)
  }
  return (
    <button
      type="button"
      data-rva-part="load-earlier"
      aria-disabled={isLoading || undefined}
      onClick={() => void load()}
    >
      <Icon drawing={upIcon} />
      {isLoading ? texts.loadingEarlier : texts.loadEarlier}
    </button>
  )
}

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
  const { mountedCount, isEager } = useIncrementalMount(chunkKeys.length)
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
