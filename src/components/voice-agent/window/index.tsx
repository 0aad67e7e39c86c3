import { type ReactNode, useEffect, useRef } from 'react'
import { findPictureInPicture } from '../../../lib/voice-agent/page/visibility.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { Frame } from '../parts/Frame.js'
import { useFrame } from '../parts/useFrame.js'
import { useAssistantView } from '../parts/view-context.js'
import { copySheets, followLook, type View } from './look.js'
import { loadReactDom } from './react-dom.js'

/** CSS pixels that the window has at first. The user may change them. */
const SIZE = { width: 400, height: 640 }

type CreatePortal = Awaited<ReturnType<typeof loadReactDom>>['createPortal']

/** A small window, and what renders into it. */
export interface SmallWindow {
  view: View
  /** The assistant in the page, whose look the window has. */
  root: Element
  createPortal: CreatePortal
}

/** Loads all that {@link openWindow} needs, so that the click is still young then. @throws VoiceAgentError `chunk-load-failed` */
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
  if (!view) throw new DOMException('This browser has no small windows.', 'NotSupportedError')
  // It may have been removed meanwhile.
  if (root.isConnected) copySheets(root, view)
  view.document.title = root.getAttribute('aria-label') ?? ''
  return { view, root, createPortal }
}

interface WindowContentProps {
  opened: SmallWindow
  children: ReactNode
}

/** Renders parts into the window. Announcements are made there, because a screen reader hears nothing of a page behind. */
export function WindowContent({ opened: { view, root, createPortal }, children }: WindowContentProps) {
  const { outlet, source, frameOptions } = useAssistantView()
  const frame = useRef<HTMLElement | null>(null)
  const announcer = useRef<HTMLDivElement | null>(null)
  useBrowserLayoutEffect(() => followLook(root, view), [root, view])
  // A key or a press in the window keeps the call from ending as idle. The notices are those of the page's watch.
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
