import { Component, type ComponentType, memo, type ReactNode, Suspense } from 'react'
import { useAssistantView } from './view-context.js'

interface IsolatedProps {
  /** Shown while the children suspend, and after they throw. @default nothing */
  fallback?: ReactNode
  children?: ReactNode
}

/**
 * Keeps children that throw from unmounting the assistant, because the user must be able to end the call. A new `key` renders
 * them again. React reports the error to the root's `onCaughtError`, or to the console.
 */
export class ErrorBoundary extends Component<IsolatedProps, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override render() {
    const { fallback = null, children } = this.props
    return this.state.hasFailed ? fallback : children
  }
}

/**
 * Isolates the app's code, which may also suspend. The assistant's own parts have no Suspense, because React 18 reports an error
 * when a boundary updates while it hydrates.
 */
export function Isolated({ fallback = null, children }: IsolatedProps) {
  return (
    <ErrorBoundary fallback={fallback}>
      <Suspense fallback={fallback}>{children}</Suspense>
    </ErrorBoundary>
  )
}

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
