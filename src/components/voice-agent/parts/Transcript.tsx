import { Fragment, memo, useRef } from 'react'
import { hasEarlierMessages, type VoiceAgentState } from '../../../../store/index.js'
import { useFollowNewest } from '../hooks/useFollowNewest.js'
import { IconButton } from './IconButton.js'
import { MessageArticle } from './MessageArticle.js'
import { RestoredMark } from './RestoredMark.js'
import { Empty, LoadEarlier } from './TranscriptEdges.js'
import { useAssistantView, useViewState } from './view-context.js'

const selectIds = ({ conversation }: VoiceAgentState) => conversation.messages.ids
const selectInterimId = ({ conversation }: VoiceAgentState) => conversation.interim?.id ?? null
const selectFirstIndex = ({ conversation }: VoiceAgentState) => conversation.firstLoadedIndex
const selectRestoredCount = ({ conversation }: VoiceAgentState) => conversation.restoredCount

/** The conversation. It stays with the newest turn while the reader does. */
export const Transcript = memo(function Transcript() {
  const { texts } = useAssistantView()
  const ids = useViewState(selectIds)
  const interimId = useViewState(selectInterimId)
  const firstIndex = useViewState(selectFirstIndex)
  const hasEarlier = useViewState(hasEarlierMessages)
  const restoredCount = useViewState(selectRestoredCount)
  const { viewport, content, isAtEnd, jumpToEnd } = useFollowNewest(firstIndex)
  const seen = useRef(0)

  const turns = interimId === null || ids.includes(interimId) ? ids : [...ids, interimId]
  const total = firstIndex + turns.length
  if (isAtEnd) seen.current = total
  const unseen = total - seen.current
  const focusViewport = () => viewport.current?.focus({ preventScroll: true })

  return (
    <div data-rva-part="transcript">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <div data-rva-part="viewport" ref={viewport} tabIndex={0} data-at-end={isAtEnd} data-unseen={unseen}>
        <div data-rva-part="log" ref={content} role="log" aria-live="off" aria-label={texts.conversation}>
          {hasEarlier && <LoadEarlier onLoaded={focusViewport} />}
          {turns.length === 0 && <Empty />}
          {turns.map((id, index) => (
            <Fragment key={id}>
              <MessageArticle id={id} isRestored={firstIndex + index < restoredCount} />
              {firstIndex + index === restoredCount - 1 && <RestoredMark />}
            </Fragment>
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
