import type { SessionSummary } from '../../../../middleware/drivers/storage/ports.js'
import { getTimeFormat } from '../format/times.js'
import { IconButton } from '../parts/IconButton.js'
import { binIcon } from './icons.js'
import { usePanelView } from './view.js'

interface ConversationItemProps {
  session: SessionSummary
  today: number
  onOpen: () => void
  onDelete: () => void
}

/** An earlier conversation. It is listed by time and length, because listing does not decrypt its messages. */
export function ConversationItem({ session, today, onOpen, onDelete }: ConversationItemProps) {
  const { texts } = usePanelView()
  const times = getTimeFormat(texts.locale)
  const { updatedAt, messageCount, isOpenElsewhere } = session
  const title = `${times.day(updatedAt, today)}, ${times.time(updatedAt)}`
  return (
    <li data-rva-part="conversation" data-session={session.id}>
      <button
        type="button"
        data-rva-part="conversation-open"
        aria-disabled={isOpenElsewhere || undefined}
        onClick={() => {
          if (!isOpenElsewhere) onOpen()
        }}
      >
        <time data-rva-part="conversation-title" dateTime={new Date(updatedAt).toISOString()}>
          {title}
        </time>
        <span data-rva-part="conversation-meta">
          {texts.messageCount(messageCount)}
          {isOpenElsewhere && ` · ${texts.openElsewhere}`}
        </span>
      </button>
      <IconButton
        part="icon-button"
        icon={binIcon}
        label={texts.deleteConversationOf(title)}
        onClick={onDelete}
      />
    </li>
  )
}
