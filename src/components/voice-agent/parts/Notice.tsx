import { memo } from 'react'
import { conversationParts, useLazyParts } from './lazy-parts.js'
import type { PartProps } from './view-context.js'

/** The one place for trouble: the most severe is shown, with its next step. */
export const Notice = memo(function Notice({ className }: PartProps) {
  const { parts } = useLazyParts(conversationParts)
  return parts && <parts.NoticeSlot className={className} />
})
