import { useEffect, useState } from 'react'
import { usePanelView } from './view.js'

/** Share of the quota from which the note is shown. */
const ALMOST_FULL = 0.9

/** Warns that the browser's storage is almost full. */
export function StorageNote() {
  const { source, texts } = usePanelView()
  const [share, setShare] = useState<number | null>(null)
  useEffect(() => {
    let isOver = false
    async function measure() {
      try {
        const usage = await source.agent?.sessionManager.storageUsage({ sessionIds: [] })
        if (isOver || !usage?.quotaBytes || usage.usedBytes === null) return
        setShare(usage.usedBytes / usage.quotaBytes)
      } catch {
        // Without storage, nothing can fill up.
      }
    }
    void measure()
    const stop = source.agent?.on('storageAlmostFull', () => void measure())
    return () => {
      isOver = true
      stop?.()
    }
  }, [source])
  if (share === null || share < ALMOST_FULL) return null
  return (
    <p data-rva-part="conversations-note" role="status">
      {texts.storageAlmostFull(share)}
    </p>
  )
}
