import { isCallWanted, lastOf, type Message, type VoiceAgentState } from '../../../../store/index.js'
import { captionStyles } from '../styles/captions.js'
import { StreamedText } from '../transcript/MessageArticle.js'
import { definePart } from './Isolated.js'
import { Styles } from './Styles.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/** The turn being spoken, or the last one in this call; null without a call. */
function selectTurn({ connection, conversation }: VoiceAgentState): Message | null {
  const last = lastOf(conversation.messages)
  if (!last || !isCallWanted(connection.status)) return null
  const isSpoken = last.role === 'user' || last.role === 'assistant'
  return isSpoken && last.text !== '' ? last : null
}

/**
 * The words being spoken, in large type: two or three lines of the last turn. Hidden from screen readers, which have the transcript
 * and the announcements. Without words, it has no height.
 */
export const Captions = definePart(function Captions({ className }: PartProps) {
  const { texts } = useAssistantView()
  const turn = useViewState(selectTurn)
  return (
    <div data-rva-part="captions" className={className} data-by={turn?.role} aria-hidden="true">
      <Styles sheet={captionStyles} />
      {turn && (
        <p dir="auto">
          {/* Isolated, because the direction is that of the words. */}
          <bdi data-rva-part="captions-speaker">{texts.author[turn.role]}</bdi>{' '}
          <StreamedText key={turn.id} text={turn.text} />
        </p>
      )}
    </div>
  )
})
