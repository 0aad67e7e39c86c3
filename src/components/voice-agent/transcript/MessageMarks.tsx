import type { Message } from '../../../../store/index.js'
import { Approval } from '../parts/Approval.js'
import { UnsentMark } from './UnsentMark.js'

/** The actions that the user has on a message: approving a tool call, or sending a text again. */
export function MessageMarks({ message }: { message: Message }) {
  const { id, tool, isUnsent } = message
  return (
    <>
      {tool?.status === 'awaiting-approval' && <Approval id={id} tool={tool} />}
      {isUnsent && <UnsentMark message={message} />}
    </>
  )
}
