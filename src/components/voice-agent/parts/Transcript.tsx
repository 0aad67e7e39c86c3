import { type ClipboardEvent, useEffect } from 'react'
import type { Message, ToolCall } from '../../../../store/index.js'
import { selectOutbox } from '../selectors.js'
import { MessageList } from '../transcript/MessageList.js'
import { Conversations } from './Conversations.js'
import { definePart } from './Isolated.js'
import { Icon, retryIcon, warningIcon } from './icons.js'
import { panelCode, usePanelCode } from './panel-code.js'
import { type PartProps, useAssistantView, useViewState } from './view-context.js'

/** Milliseconds between two attempts to load the code. */
const RETRY_AFTER_MS = 3000

/** Buttons for a tool call that is waiting for the user. Their code is loaded with the panels. */
function Approval(props: { id: string; tool: ToolCall }) {
  const panels = usePanelCode()
  const isLoaded = panels !== null
  useEffect(() => {
    if (isLoaded) return
    panelCode.preload()
    const timer = setInterval(panelCode.preload, RETRY_AFTER_MS)
    return () => clearInterval(timer)
  }, [isLoaded])
  return panels && <panels.ToolApproval {...props} />
}

/** Below an unsent text: it is waiting, or can be sent again. */
function UnsentMark({ message: { id, text } }: { message: Message }) {
  const { texts } = useAssistantView()
  return useViewState(selectOutbox).includes(id) ? (
    <p data-rva-part="pending">{texts.pending}</p>
  ) : (
    <NotSent id={id} text={text} />
  )
}

function NotSent({ id, text }: { id: string; text: string }) {
  const { texts, commands } = useAssistantView()
  return (
    <p data-rva-part="not-sent">
      <Icon drawing={warningIcon} />
      {texts.notSent}
      <button
        type="button"
        data-rva-part="resend"
        aria-label={`${texts.tryAgain}: ${text.slice(0, 60)}`}
        onClick={() => commands.resendText(id)}
      >
        <Icon drawing={retryIcon} />
        {texts.tryAgain}
      </button>
    </p>
  )
}

/** The user's actions on a message: approving a tool call, or resending a text. */
function MessageMarks({ message }: { message: Message }) {
  const { id, tool, isUnsent } = message
  return (
    <>
      {tool?.status === 'awaiting-approval' && <Approval id={id} tool={tool} />}
      {isUnsent && <UnsentMark message={message} />}
    </>
  )
}

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
