import { memo, useRef } from 'react'
import { hasEarlierMessages, type VoiceAgentState } from '../../../../store/index.js'
import { useFollowNewest } from '../hooks/useFollowNewest.js'
import { IconButton } from './IconButton.js'
import { TranscriptChunk } from './TranscriptChunk.js'
import { Empty, LoadEarlier } from './TranscriptEdges.js'
import { selectChunkKeys, selectChunkStarts, selectTurnCount } from './transcript-chunks.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectFirstIndex = ({ conversation }: VoiceAgentState) => conversation.firstLoadedIndex
const selectRestoredCount = ({ conversation }: VoiceAgentState) => conversation.restoredCount

/** The conversation. It stays with the newest turn while the reader does. */
export const Transcript = memo(function Transcript() {
  const { texts } = useAssistantView()
  const chunkKeys = useViewState(selectChunkKeys)
  const chunkStarts = useViewState(selectChunkStarts)
  const turnCount = useViewState(selectTurnCount)
  const firstIndex = useViewState(selectFirstIndex)
  const hasEarlier = useViewState(hasEarlierMessages)
  const restoredCount = useViewState(selectRestoredCount)
  const { viewport, content, isAtEnd, jumpToEnd } = useFollowNewest(firstIndex)
  const seen = useRef(0)

  const total = firstIndex + turnCount
  if (isAtEnd) seen.current = total
  const unseen = total - seen.current
  const focusViewport = () => viewport.current?.focus({ preventScroll: true })

  return (
    <div data-rva-part="transcript">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div data-rva-part="viewport" ref={viewport} tabIndex={0} data-at-end={isAtEnd} data-unseen={unseen}>
        <div data-rva-part="log" ref={content} role="log" aria-live="off" aria-label={texts.conversation}>
          {hasEarlier && <LoadEarlier onLoaded={focusViewport} />}
          {turnCount === 0 && <Empty />}
          {chunkKeys.map((key, index) => (
            <TranscriptChunk
              key={key}
              index={index}
              start={firstIndex + (chunkStarts[index] ?? turnCount - 1)}
              restoredCount={restoredCount}
              isLast={index === chunkKeys.length - 1}
            />
          ))}
        </div>
      </div>
      {!isAtEnd && (
        <IconButton
          part="jump"
          icon="down"
          label={texts.jumpToLatest}
          data-unseen={unseen > 0 || undefined}
          onClick={() => {
            jumpToEnd()
            focusViewport()
          }}
        />
      )}
    </div>
  )
})
