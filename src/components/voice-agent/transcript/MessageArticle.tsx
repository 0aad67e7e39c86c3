import { memo } from 'react'
import type { InterimTranscript, Message } from '../../../../store/index.js'
import { timeFormatOf } from '../format/times.js'
import { Icon } from '../parts/Icon.js'
import { micIcon, stopIcon, toolIcon, warningIcon } from '../parts/icons.js'
import { useAssistantView } from '../parts/view-context.js'

interface MessageArticleProps {
  /** The message, or what the user is saying on the way to being one: under the same id, and so the same element. */
  turn: Message | InterimTranscript
  isRestored: boolean
  /** Or only when pointed at. */
  isTimeShown: boolean
}

function Spoken({ speechMs }: { speechMs: number }) {
  const { texts } = useAssistantView()
  return (
    <span data-rva-part="spoken">
      <Icon of={micIcon} />
      {texts.spoken(speechMs / 1000)}
    </span>
  )
}

function Waiting({ label }: { label: string | null }) {
  return (
    <span data-rva-part="spoken">
      {label !== null && <Icon of={micIcon} />}
      {label}
      <span data-rva-part="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
    </span>
  )
}

function MessageTime({ at, isShown }: { at: number; isShown: boolean }) {
  const { texts } = useAssistantView()
  return (
    <time data-rva-part="time" data-shown={isShown || undefined} dateTime={new Date(at).toISOString()}>
      {timeFormatOf(texts.locale).time(at)}
    </time>
  )
}

/** What the user is saying, as the message that it is about to be. */
function asMessage({ id, text, startedAt, speechMs }: InterimTranscript): Message {
  const speech = speechMs === null ? {} : { speechMs }
  return { id, role: 'user', text, status: 'streaming', createdAt: startedAt, ...speech }
}

/** One turn, with its time beside it: an article holds what was said and nothing else. */
export const MessageArticle = memo(function MessageArticle({
  turn,
  isRestored,
  isTimeShown,
}: MessageArticleProps) {
  const { texts, slots } = useAssistantView()
  const message = 'role' in turn ? turn : asMessage(turn)
  const { role, status, speechMs, tool } = message
  const text = tool ? texts.toolCall(tool) : message.text

  return (
    // Not data-role: only the article is the message.
    <div data-rva-part="turn" data-by={role}>
      <article
        data-rva-part="message"
        data-role={role}
        data-status={status}
        data-restored={isRestored || undefined}
        aria-label={texts.author[role]}
      >
        <div data-rva-part="bubble" dir="auto">
          {role === 'tool' && <Icon of={tool?.status === 'failed' ? warningIcon : toolIcon} />}
          {text !== '' && (
            <span data-rva-part="text">
              {slots.message && !tool ? <slots.message message={message} /> : text}
            </span>
          )}
          {text === '' && speechMs !== undefined && <Spoken speechMs={speechMs} />}
          {text === '' && speechMs === undefined && status === 'streaming' && (
            <Waiting label={role === 'user' ? texts.userSpeaking : null} />
          )}
        </div>
        {status === 'interrupted' && !tool && (
          <p data-rva-part="interrupted">
            <Icon of={stopIcon} />
            {texts.interrupted}
          </p>
        )}
      </article>
      <MessageTime at={message.createdAt} isShown={isTimeShown} />
    </div>
  )
})
