import { type MouseEvent, type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { loadChunk } from '../../../lib/voice-agent/page/page-exit.js'
import { windowStyles } from '../styles/window.js'
import { definePart } from './define-part.js'
import { Icon } from './Icon.js'
import { IconButton } from './IconButton.js'
import { retryIcon, windowIcon } from './icons.js'
import { Styles } from './Styles.js'
import { type PartProps, useAssistantView } from './view-context.js'

type WindowCode = typeof import('../window/index.js')

/** A small window, and the code that renders into it. */
interface Opened {
  view: Window
  code: WindowCode
}

const loadWindow = () => loadChunk(() => import('../window/index.js'))
const subscribeToNothing = () => () => {}
/** A frame opens one by its page, if both have the same origin. */
function isSupported(): boolean {
  try {
    return window.top !== null && 'documentPictureInPicture' in window.top
  } catch {
    return false
  }
}

/**
 * Shows its children with a button that moves them into a small window, which stays over all other windows. The call continues, and closing the
 * window brings them back. Only in browsers with Document Picture-in-Picture; others show the children alone. Needs `react-dom`.
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
  /** The request whose window is awaited. */
  const pending = useRef<object | null>(null)
  const button = useRef<HTMLButtonElement | null>(null)
  const hadWindow = useRef(false)

  useEffect(
    () => () => {
      pending.current = null
    },
    [],
  )
  useEffect(() => {
    if (!opened) {
      if (hadWindow.current) button.current?.focus()
      hadWindow.current = false
      return
    }
    hadWindow.current = true
    const { view } = opened
    const onClose = () => setOpened(null)
    // It was closed while the component was hidden.
    if (view.closed) return onClose()
    view.addEventListener('pagehide', onClose)
    return () => {
      view.removeEventListener('pagehide', onClose)
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
      const view = await code.openWindow(currentTarget)
      if (pending.current !== request) view.close()
      else setOpened({ view, code })
    } catch {
      // The browser refuses without a click, for example if the code came too late.
      if (pending.current === request) setHasFailed(true)
    }
    if (pending.current === request) pending.current = null
  }

  return (
    <div data-rva-part="pip" className={className}>
      <Styles sheet={windowStyles} />
      {opened ? (
        <>
          <div data-rva-part="pip-note">
            <p>{texts.inWindow}</p>
            {/* The second press of a double click was meant for the button before. */}
            <button
              type="button"
              data-rva-part="notice-action"
              onClick={({ detail }) => detail < 2 && setOpened(null)}
            >
              <Icon drawing={retryIcon} />
              {texts.closeWindow}
            </button>
          </div>
          <opened.code.WindowContent view={opened.view}>{children}</opened.code.WindowContent>
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
                onPointerEnter={() => void loadWindow().catch(() => undefined)}
                onFocus={() => void loadWindow().catch(() => undefined)}
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
