import { type ComponentType, memo } from 'react'
import { ErrorBoundary } from './Isolated.js'
import { useAssistantView } from './view-context.js'

/**
 * Turns a component into a part of the assistant. A part that throws, for example in one of the app's texts, is left out, and the others
 * stay. When the assistant shows another agent, the part remounts, so that nothing of the previous conversation is left in it.
 */
export function definePart<Props extends object>(Part: ComponentType<Props>) {
  return memo(function AssistantPart(props: Props) {
    // Outside the boundary, because a part without a root must throw.
    const { generation } = useAssistantView()
    return (
      <ErrorBoundary key={generation}>
        <Part {...props} />
      </ErrorBoundary>
    )
  })
}
