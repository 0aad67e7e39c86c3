import { memo } from 'react'
import type { InterimTranscript, Message } from '../../../../store/index.js'
import { Icon } from './icons.js'
import { useAssistantView } from './view-context.js'

interface MessageArticleProps {
  /** The message, or what the user is saying on the way to being one: under the same id, and so the same element. */
  turn: Message | InterimTranscript
  isRestored: boolean
}

function Spoken({ speechMs }: { speechMs: number }) {
  const { texts } = useAssistantView()
  return (
    <span data-rva-part="spoken">
      <Icon name="mic" />
      {texts.spoken(speechMs / 1000)}
    </span>
  )
}

function Waiting({ label }: { label: string | null }) {
  return (
    <span data-rva-part="spoken">
      {label !== null && <Icon name="mic" />}
      {label}
      <span data-rva-part="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
    </span>
  )
}

/** One turn. */
export const MessageArticle = memo(function MessageArticle({ turn, isRestored }: MessageArticleProps) {
  const { texts } = useAssistantView()
  const role: Message['role'] = 'role' in turn ? turn.role : 'user'
  const status: Message['status'] = 'status' in turn ? turn.status : 'streaming'
  const speechMs = turn.speechMs ?? null

  return (
    <article
      data-rva-part="message"
      data-role={role}
      data-status={status}
      data-restored={isRestored || undefined}
      aria-label={texts.author[role]}
    >
      <div data-rva-part="bubble" dir="auto">
        {turn.text !== '' && <span data-rva-part="text">{turn.text}</span>}
        {turn.text === '' && speechMs !== null && <Spoken speechMs={speechMs} />}
        {turn.text === '' && speechMs === null && status === 'streaming' && (
          <Waiting label={role === 'user' ? texts.userSpeaking : null} />
        )}
      </div>
      {status === 'interrupted' && (
        <p data-rva-part="interrupted">
          <Icon name="stop" />
          {texts.interrupted}
        </p>
      )}
    </article>
  )
})
