import { Component, type ReactNode, Suspense } from 'react'

interface IsolatedProps {
  /** Shown while the children suspend, and after they threw. @default nothing */
  fallback?: ReactNode
  children?: ReactNode
}

/**
 * Keeps children that throw or suspend from taking the assistant away, because the user must be able to end the call. A new `key` renders
 * children again that threw. React reports the error to the root's `onCaughtError`, or to the console.
 */
export class Isolated extends Component<IsolatedProps, { hasFailed: boolean }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override render() {
    const { fallback = null, children } = this.props
    return this.state.hasFailed ? fallback : <Suspense fallback={fallback}>{children}</Suspense>
  }
}
