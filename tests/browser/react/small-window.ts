import { onTestFinished, vi } from 'vitest'

/** The top page may open a small window and create frames in it. */
const page = window.top ?? window

/** A double of the picture-in-picture window, with a frame's document. Tests with a real one are in `tests/e2e/small-window`. */
export function doubleOfWindow() {
  let isReplaced = false
  const opened: (Window & typeof globalThis)[] = []
  const requestWindow = vi.fn(async () => {
    // Like Chromium: a page has one such window, and the replaced one gets no event.
    isReplaced = true
    double.window?.close()
    isReplaced = false
    const frame = document.createElement('iframe')
    frame.style.cssText = 'inline-size: 400px; block-size: 640px'
    document.body.append(frame)
    onTestFinished(() => frame.remove())
    const view = frame.contentWindow as Window & typeof globalThis
    let isClosed = false
    Object.defineProperty(view, 'closed', { get: () => isClosed })
    view.close = () => {
      if (isClosed) return
      isClosed = true
      if (!isReplaced) view.dispatchEvent(new Event('pagehide'))
      frame.remove()
    }
    opened.push(view)
    queueMicrotask(() => double.dispatchEvent(new Event('enter')))
    return view
  })
  const double = new (class extends EventTarget {
    readonly requestWindow = requestWindow
    get window(): Window | null {
      return opened.find((view) => !view.closed) ?? null
    }
  })()
  const before = Object.getOwnPropertyDescriptor(page, 'documentPictureInPicture')
  Object.defineProperty(page, 'documentPictureInPicture', { configurable: true, value: double })
  onTestFinished(() => {
    if (before) Object.defineProperty(page, 'documentPictureInPicture', before)
    else Reflect.deleteProperty(page, 'documentPictureInPicture')
  })
  return { requestWindow, opened }
}
