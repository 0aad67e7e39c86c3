import { memo, useEffect, useRef } from 'react'
import type { Message } from '../../../../store/index.js'
import { useAssistantView } from '../parts/view-context.js'
import { toPlainText } from './plain-text.js'

/**
 * The words of a chunk whose messages are not rendered yet, so that *Find in page* and printing reach them. They have no layout, so a long
 * conversation costs little.
 */
export const FindableText = memo(function FindableText(props: {
  messages: readonly Message[]
  /** Called when *Find in page* jumps to a match in the text. */
  onFound: () => void
}) {
  const { messages, onFound } = props
  const { texts } = useAssistantView()
  const element = useRef<HTMLDivElement | null>(null)
  useEffect(() => {
    const { current } = element
    // React supports `hidden` only as a boolean.
    current?.setAttribute('hidden', 'until-found')
    current?.addEventListener('beforematch', onFound)
    return () => current?.removeEventListener('beforematch', onFound)
  }, [onFound])
  return (
    <div data-rva-part="chunk-text" ref={element} hidden>
      {toPlainText(messages, texts)}
    </div>
  )
})
