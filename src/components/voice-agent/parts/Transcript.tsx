import { MessageList } from '../transcript/MessageList.js'
import { Conversations } from './Conversations.js'
import { definePart } from './define-part.js'
import type { PartProps } from './view-context.js'

/** The messages of the conversation. It scrolls with the newest turn while the user is at the end. */
export const Transcript = definePart(function Transcript({ className }: PartProps) {
  return (
    <div data-rva-part="transcript" className={className}>
      <MessageList />
      <Conversations />
    </div>
  )
})
