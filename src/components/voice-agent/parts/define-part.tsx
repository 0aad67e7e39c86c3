import { type ComponentType, memo } from 'react'
import { ErrorBoundary } from './Isolated.js'
import { useAssistantView } from './view-context.js'

/**
 * Makes a component a part of the assistant. A part that throws, for example because a text of the app does, is left out, and the others
 * stay. When the assistant shows another agent, the part begins again, so that nothing of the former conversation is left in it.
 */
export function definePart<Props extends object>(Part: ComponentType<Props>) {
  return memo(function AssistantPart(props: Props) {
    // Outside of the boundary, because a part without a root must throw.
    const { generation } = useAssistantView()
    return (
      <ErrorBoundary key={generation}>
        <Part {...props} />
      </ErrorBoundary>
    )
  })
}
