import { memo, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'

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
