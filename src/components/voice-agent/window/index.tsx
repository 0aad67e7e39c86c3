import { type ReactNode, useEffect, useRef } from 'react'
import { VoiceAgentError } from '../../../../store/index.js'
import { findPictureInPicture } from '../../../lib/voice-agent/page/visibility.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { Frame, useFrame } from '../parts/Frame.js'
import { useAssistantView } from '../parts/view-context.js'
import { copySheets, followLook, type View } from './look.js'

/**
 * Loads `react-dom`, an optional peer. In a `try`, so that bundlers accept an app without it.
 *
 * @throws VoiceAgentError `chunk-load-failed`
 */
async function loadReactDom() {
  try {
    return await import('react-dom')
  } catch (cause) {
    throw new VoiceAgentError(
      'chunk-load-failed',
      '`VoiceAssistantPictureInPicture` needs `react-dom`, which is an optional peer dependency: install it beside `react`.',
      { cause },
    )
  }
}

/** Initial size of the window, in CSS pixels. The user may resize it. */
const SIZE = { width: 400, height: 640 }

type CreatePortal = Awaited<ReturnType<typeof loadReactDom>>['createPortal']

/** A small window, and the means to render into it. */
export interface SmallWindow {
  view: View
  /** The assistant in the page, whose look the window copies. */
  root: Element
  createPortal: CreatePortal
}

/** Preloads everything that {@link openWindow} needs, so that the window opens soon enough after the click. @throws VoiceAgentError `chunk-load-failed` */
export const prepareWindow = loadReactDom

/**
 * Opens a small window for the assistant of an element. Call it from a click.
 *
 * @throws VoiceAgentError `chunk-load-failed` without `react-dom`
 * @throws DOMException `NotAllowedError` if the browser refuses
 */
export async function openWindow(element: Element): Promise<SmallWindow> {
  const root = element.closest('[data-rva-part="root"]') ?? element
  const { createPortal } = await loadReactDom()
  const view = (await findPictureInPicture()?.requestWindow(SIZE)) as View | undefined
  if (!view)
    throw new DOMException('This browser does not support Document Picture-in-Picture.', 'NotSupportedError')
  // The root may have been removed meanwhile.
  if (root.isConnected) copySheets(root, view)
  view.document.title = root.getAttribute('aria-label') ?? ''
  return { view, root, createPortal }
}

interface WindowContentProps {
  opened: SmallWindow
  children: ReactNode
}

/** Renders parts into the window. Announcements are made there, because screen readers ignore the page behind it. */
export function WindowContent({ opened: { view, root, createPortal }, children }: WindowContentProps) {
  const { outlet, source, frameOptions } = useAssistantView()
  const frame = useRef<HTMLElement | null>(null)
  const announcer = useRef<HTMLDivElement | null>(null)
  useBrowserLayoutEffect(() => followLook(root, view), [root, view])
  // Keys and presses in the window also count as user activity. The notices come from the page's watch.
  useFrame(frame, source, frameOptions)
  useEffect(() => {
    outlet.current = announcer.current
    // Not a button, because the first one may end the call.
    frame.current?.focus({ preventScroll: true })
    return () => {
      outlet.current = null
    }
  }, [outlet])
  return createPortal(
    <Frame frame={frame} isAlone>
      {children}
      <div data-rva-part="announcer" ref={announcer} aria-live="assertive" aria-atomic="false" />
    </Frame>,
    view.document.body,
  )
}
