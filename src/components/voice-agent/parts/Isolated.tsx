import { Component, type ReactNode, Suspense } from 'react'

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
