import { memo, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'

/**
 * Text that grows, in a `<span>`. Only its changed end is replaced, because a browser drops the user's selection in a text node whose whole
 * data is replaced, as React does. Use it in a `message` slot for each piece of text.
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
    // A translation in the browser replaces the text node by elements.
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
