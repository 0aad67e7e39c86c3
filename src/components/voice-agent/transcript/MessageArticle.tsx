import { type ComponentType, memo, useRef, useState } from 'react'
import type { Message } from '../../../../store/index.js'
import { getTimeFormat } from '../format/times.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { Isolated } from '../parts/Isolated.js'
import { Icon, micIcon, stopIcon, toolIcon, warningIcon } from '../parts/icons.js'
import { useAssistantView } from '../parts/view-context.js'

/**
 * Growing text in a `<span>`. Replaces only the changed end, because replacing all of a text node's data, as React does, drops the user's
 * selection in it. Use it in a `message` slot for each piece of text.
 *
 * @example
 * const Message = ({ message }: { message: Message }) => <em><VoiceAssistantText text={message.text} /></em>
 */
export const GrowingText = memo(function GrowingText({ text, part }: { text: string; part?: string }) {
  const element = useRef<HTMLSpanElement | null>(null)
  const [firstText] = useState(text)
  useBrowserLayoutEffect(() => {
    const span = element.current
    const node = span?.firstChild
    if (!span || span.textContent === text) return
    // The browser's page translation replaces the text node with elements.
    if (node?.nodeType !== Node.TEXT_NODE || span.childNodes.length > 1) {
      span.textContent = text
      return
    }
    const { data } = node as Text
    let kept = 0
    while (kept < data.length && data[kept] === text[kept]) kept++
    ;(node as Text).replaceData(kept, data.length - kept, text.slice(kept))
  }, [text])
  return (
    <span data-rva-part={part} ref={element}>
      {firstText}
    </span>
  )
})

/** The whole text of a message. */
export const StreamedText = ({ text }: { text: string }) => <GrowingText part="text" text={text} />

interface MessageArticleProps {
  message: Message
  isRestored: boolean
  /** If false, the time is shown on hover. */
  isTimeShown: boolean
  /** The user's actions on the message. Left out if the conversation is read-only. */
  marks?: ComponentType<{ message: Message }> | undefined
}

function Spoken({ speechMs }: { speechMs: number }) {
  const { texts } = useAssistantView()
  return (
    <span data-rva-part="spoken">
      <Icon drawing={micIcon} />
      {texts.spoken(speechMs / 1000)}
    </span>
  )
}

function Waiting({ label }: { label: string | null }) {
  return (
    <span data-rva-part="spoken">
      {label !== null && <Icon drawing={micIcon} />}
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
      {getTimeFormat(texts.locale).time(at)}
    </time>
  )
}

/** Only the words of a turn that can't be rendered, for example because one of the app's texts throws. */
export function PlainMessage({ message: { role, status, text, tool } }: { message: Message }) {
  return (
    <div data-rva-part="turn" data-by={role}>
      <article data-rva-part="message" data-role={role} data-status={status}>
        <div data-rva-part="bubble" dir="auto">
          <StreamedText text={text || (tool?.name ?? '')} />
        </div>
      </article>
    </div>
  )
}

/** One turn and its time. The time is outside the article, which contains only the message. */
export const MessageArticle = memo(function MessageArticle({
  message,
  isRestored,
  isTimeShown,
  marks: Marks,
}: MessageArticleProps) {
  const { texts, slots } = useAssistantView()
  const { role, status, speechMs, tool } = message
  const text = tool ? texts.toolCall(tool) : message.text

  return (
    // Not `data-role`, because only the article is the message.
    <div data-rva-part="turn" data-by={role} data-message={message.id}>
      <article
        data-rva-part="message"
        data-role={role}
        data-status={status}
        data-restored={isRestored || undefined}
        aria-label={texts.author[role]}
      >
        <div data-rva-part="bubble" dir="auto">
          {tool && <Icon drawing={/failed|unknown/.test(tool.status) ? warningIcon : toolIcon} />}
          {text !== '' &&
            (slots.message && !tool ? (
              <Isolated key={status} fallback={<StreamedText text={text} />}>
                <span data-rva-part="text">
                  <slots.message message={message} />
                </span>
              </Isolated>
            ) : (
              <StreamedText text={text} />
            ))}
          {text === '' && speechMs !== undefined && <Spoken speechMs={speechMs} />}
          {text === '' && speechMs === undefined && status === 'streaming' && (
            <Waiting label={role === 'user' ? texts.userSpeaking : null} />
          )}
        </div>
        {status === 'interrupted' && !tool && (
          <p data-rva-part="interrupted">
            <Icon drawing={stopIcon} />
            {texts.interrupted}
          </p>
        )}
        {Marks && <Marks message={message} />}
        {Marks && slots.messageActions && role === 'assistant' && status !== 'streaming' && (
          <div data-rva-part="message-actions">
            <Isolated>
              <slots.messageActions message={message} />
            </Isolated>
          </div>
        )}
      </article>
      <MessageTime at={message.createdAt} isShown={isTimeShown} />
    </div>
  )
})
