import { type RefObject, useEffect } from 'react'

/** Refuses files, unless the app handles them. A file input accepts them without a listener. */
function refuseFiles(event: DragEvent): void {
  const { dataTransfer, defaultPrevented } = event
  if (defaultPrevented || !dataTransfer?.types.includes('Files')) return
  if ((event.composedPath()[0] as Element).matches?.('input[type=file]')) return
  event.preventDefault()
  dataTransfer.dropEffect = 'none'
}

/** Keeps a dropped file from navigating away. Covers the whole page during a call, because navigating would end the call. */
export function useRefusedFiles(element: RefObject<HTMLElement | null>, isCallOn: boolean): void {
  useEffect(() => {
    const target = isCallOn ? element.current?.ownerDocument.defaultView : element.current
    for (const type of ['dragover', 'drop'] as const)
      target?.addEventListener(type, refuseFiles as EventListener)
    return () => {
      for (const type of ['dragover', 'drop'] as const)
        target?.removeEventListener(type, refuseFiles as EventListener)
    }
  }, [element, isCallOn])
}
