import { type RefObject, useEffect } from 'react'

/** Refuses files, unless an element of the app takes them. A file field takes them without a listener. */
function refuseFiles(event: DragEvent): void {
  const { dataTransfer, defaultPrevented } = event
  if (defaultPrevented || !dataTransfer?.types.includes('Files')) return
  if ((event.composedPath()[0] as Element).matches?.('input[type=file]')) return
  event.preventDefault()
  dataTransfer.dropEffect = 'none'
}

/** Keeps a dropped file from navigating the page away. Anywhere in the page during a call, because it would end the call. */
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
