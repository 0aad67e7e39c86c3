import { type MouseEvent, type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { VoiceAgentError } from '../../../../store/index.js'
import { createWarn } from '../../../lib/voice-agent/agent/warn.js'
import { loadChunk } from '../../../lib/voice-agent/page/page-exit.js'
import { findPictureInPicture } from '../../../lib/voice-agent/page/visibility.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import { windowStyles } from '../styles/window.js'
import type { SmallWindow } from '../window/index.js'
import { isFocusLost } from './focus.js'
import { IconButton } from './IconButton.js'
import { definePart } from './Isolated.js'
import { Icon, retryIcon, windowIcon } from './icons.js'
import { Styles } from './Styles.js'
import { type PartProps, useAssistantView } from './view-context.js'

type WindowCode = typeof import('../window/index.js')

/** A small window, and the code that renders into it. */
interface Opened extends SmallWindow {
  code: WindowCode
}

/** Warns the developer, for example that `react-dom` is missing. */
const warn = /* @__PURE__ */ createWarn()
const loadWindow = () => loadChunk(() => import('../window/index.js'))
/** Loads ahead of the click, because the browser opens a window only shortly after one. */
const prepare = () =>
  loadWindow()
    .then((code) => code.prepareWindow())
    .catch(() => undefined)
const subscribeToNothing = () => () => {}
const isSupported = () => findPictureInPicture() !== undefined

/**
 * Shows its children with a button that moves them into a small window, which stays on top of all others. The call continues, and closing the
 * window brings them back. Browsers without Document Picture-in-Picture show only the children. Needs `react-dom`.
 *
 * @example
 * <VoiceAssistantRoot config={{ apiEndpoint: '/api/voice-agent' }}>
 *   <VoiceAssistantPictureInPicture>
 *     <VoiceAssistantTranscript />
 *     <VoiceAssistantControls />
 *   </VoiceAssistantPictureInPicture>
 * </VoiceAssistantRoot>
 */
export const PictureInPicture = definePart(function PictureInPicture({
  className,
  children,
}: PartProps & { children?: ReactNode }) {
  const { texts } = useAssistantView()
  const canOpen = useSyncExternalStore(subscribeToNothing, isSupported, () => false)
  const [opened, setOpened] = useState<Opened | null>(null)
  const [hasFailed, setHasFailed] = useState(false)
  /** The request whose window is opening or open. */
  const pending = useRef<object | null>(null)
  const button = useRef<HTMLButtonElement | null>(null)
  const hadWindow = useRef(false)

  useEffect(
    () => () => {
      pending.current = null
    },
    [],
  )
  // A layout effect, so that it runs before the focus guard picks another element. Skipped if the user has focused something else.
  useBrowserLayoutEffect(() => {
    const { current } = button
    if (hadWindow.current && current && isFocusLost(current.ownerDocument)) current.focus()
    hadWindow.current = opened !== null
    if (!opened) pending.current = null
  }, [opened])
  useEffect(() => {
    if (!opened) return
    const { view } = opened
    const onClose = () => setOpened(null)
    // The window was closed while the component was hidden.
    if (view.closed) return onClose()
    const windows = findPictureInPicture()
    // If the page opens another window, the browser closes this one without an event on it.
    const onEnter = () => windows?.window !== view && onClose()
    view.addEventListener('pagehide', onClose)
    windows?.addEventListener('enter', onEnter)
    return () => {
      view.removeEventListener('pagehide', onClose)
      windows?.removeEventListener('enter', onEnter)
      view.close()
    }
  }, [opened])

  async function open({ currentTarget }: MouseEvent<HTMLElement>) {
    if (pending.current) return
    const request = {}
    pending.current = request
    setHasFailed(false)
    try {
      const code = await loadWindow()
      const small = await code.openWindow(currentTarget)
      if (pending.current !== request) small.view.close()
      else setOpened({ ...small, code })
    } catch (error) {
      if (error instanceof VoiceAgentError) warn(error)
      // Otherwise the browser refused, for example because the code loaded too long after the click.
      if (pending.current !== request) return
      pending.current = null
      setHasFailed(true)
    }
  }

  return (
    <div data-rva-part="pip" className={className}>
      <Styles sheet={windowStyles} />
      {opened ? (
        <>
          <div data-rva-part="pip-note">
            <p>{texts.inWindow}</p>
            {/* The second click of a double click was meant for the previous button. */}
            <button
              type="button"
              data-rva-part="notice-action"
              onClick={({ detail }) => detail < 2 && setOpened(null)}
            >
              <Icon drawing={retryIcon} />
              {texts.closeWindow}
            </button>
          </div>
          <opened.code.WindowContent opened={opened}>{children}</opened.code.WindowContent>
        </>
      ) : (
        <>
          {canOpen && (
            <div data-rva-part="sheet-head">
              {hasFailed && (
                <p data-rva-part="pip-error" role="alert">
                  {texts.windowFailed}
                </p>
              )}
              <IconButton
                part="icon-button"
                icon={windowIcon}
                label={texts.openWindow}
                buttonRef={button}
                onPointerEnter={() => void prepare()}
                onFocus={() => void prepare()}
                onClick={(event) => void open(event)}
              />
            </div>
          )}
          {children}
        </>
      )}
    </div>
  )
})
