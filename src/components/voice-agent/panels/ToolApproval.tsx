import { useId } from 'react'
import type { ToolCall } from '../../../../store/index.js'
import { PanelStyles } from './PanelStyles.js'
import { usePanelView } from './view.js'

/** Lists the arguments by name, as the agent passed them. */
function listArguments(given: unknown): [name: string, value: string][] {
  const entries: [string, unknown][] =
    typeof given === 'object' && given !== null ? Object.entries(given) : [['', given]]
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
}

/** Asks the user to approve or decline a tool call. Shows its arguments, because the agent may describe them differently. */
export function ToolApproval({ id, tool }: { id: string; tool: ToolCall }) {
  const { texts, commands } = usePanelView()
  const titleId = useId()
  const title = texts.toolCall(tool)
  const given = listArguments(tool.arguments)
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has its own style, and this is not a form.
    <div data-rva-part="approval" role="group" aria-label={title}>
      <PanelStyles />
      {/* A live region, because the user must decide before the agent continues. */}
      <p data-rva-part="approval-text" role="alert" id={titleId}>
        <span data-rva-part="approval-title">{title} </span>
        {texts.approvalNeeded}
      </p>
      {given.length > 0 && (
        <dl data-rva-part="approval-arguments">
          {given.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <div data-rva-part="approval-actions">
        <button
          type="button"
          data-rva-part="approval-decline"
          aria-describedby={titleId}
          onClick={() => commands.declineTool(id)}
        >
          {texts.decline}
        </button>
        <button
          type="button"
          data-rva-part="approval-approve"
          aria-describedby={titleId}
          onClick={() => commands.approveTool(id)}
        >
          {texts.approve}
        </button>
      </div>
    </div>
  )
}
