import { memo } from 'react'
import { MessageList } from '../transcript/MessageList.js'
import { Conversations } from './Conversations.js'
import type { PartProps } from './view-context.js'

/** The conversation. It stays with the newest turn while the reader does. */
export const Transcript = memo(function Transcript({ className }: PartProps) {
  return (
    <div data-rva-part="transcript" className={className}>
      <MessageList />
      <Conversations />
    </div>
  )
})
