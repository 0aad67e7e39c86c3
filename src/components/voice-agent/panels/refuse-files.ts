/** Refuses files, unless the app handles them. A file input accepts them without a listener. */
function refuse(event: DragEvent): void {
  const { dataTransfer, defaultPrevented } = event
  if (defaultPrevented || !dataTransfer?.types.includes('Files')) return
  if ((event.composedPath()[0] as Element).matches?.('input[type=file]')) return
  event.preventDefault()
  dataTransfer.dropEffect = 'none'
}

/** Keeps files that are dropped on `target` from navigating away. Returns a function that stops it. */
export function refuseFiles(target: HTMLElement | Window): () => void {
  const types = ['dragover', 'drop'] as const
  for (const type of types) target.addEventListener(type, refuse as EventListener)
  return () => {
    for (const type of types) target.removeEventListener(type, refuse as EventListener)
  }
}
