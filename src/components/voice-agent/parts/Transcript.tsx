import type { ClipboardEvent } from 'react'
import { MessageList } from '../transcript/MessageList.js'
import { MessageMarks } from '../transcript/MessageMarks.js'
import { Conversations } from './Conversations.js'
import { definePart } from './define-part.js'
import { panelCode } from './panel-code.js'
import type { PartProps } from './view-context.js'

const copyTurns = (event: ClipboardEvent<HTMLElement>) => panelCode.current()?.copyTurns(event)

/** The conversation's messages. Follows the newest turn while the user is at the end. */
export const Transcript = definePart(function Transcript({ className }: PartProps) {
  return (
    <div data-rva-part="transcript" className={className}>
      <MessageList marks={MessageMarks} onCopy={copyTurns} />
      <Conversations />
    </div>
  )
})
