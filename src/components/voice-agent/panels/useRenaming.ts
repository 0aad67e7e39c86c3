import { type KeyboardEvent, useRef, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'

/**
 * Opens and closes the form that renames a conversation in its row. F2 opens it. When it closes, the focus returns to the button that had
 * it.
 */
export function useRenaming<Row extends HTMLElement>() {
  const row = useRef<Row | null>(null)
  /** The part that had the focus; null once it has it again. */
  const origin = useRef<string | null>(null)
  const [isRenaming, setIsRenaming] = useState(false)
  useBrowserLayoutEffect(() => {
    if (isRenaming || origin.current === null) return
    row.current?.querySelector<HTMLElement>(`button[data-action='${origin.current}']`)?.focus()
    origin.current = null
  }, [isRenaming])
  const start = (from: 'open' | 'rename') => {
    origin.current = from
    setIsRenaming(true)
  }
  return {
    row,
    isRenaming,
    start,
    stop: () => setIsRenaming(false),
    onKeyDown(event: KeyboardEvent) {
      if (event.key !== 'F2' || isRenaming) return
      event.preventDefault()
      start((event.target as HTMLElement).dataset.action === 'open' ? 'open' : 'rename')
    },
  }
}
