import { memo, useEffect, useState } from 'react'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { type Announcement, type AnnounceTurns, computeAnnouncement } from '../notices/announcements.js'
import { useAssistantView } from './view-context.js'

/** Leaves screen readers enough time; the regions are emptied then, so that the same text can be announced again. */
const CLEAR_AFTER_MS = 4000

/** Two live regions, which are empty when mounted and hold only announcements. */
export const Announcer = memo(function Announcer({ announceTurns }: { announceTurns: AnnounceTurns }) {
  const { source, texts } = useAssistantView()
  const [announcement, setAnnouncement] = useState<Announcement>({})

  // A layout effect, because a change between the mount and an ordinary effect would not be announced.
  useBrowserLayoutEffect(() => {
    let before = source.getState()
    return source.subscribe(() => {
      const after = source.getState()
      const next = computeAnnouncement(before, after, texts, announceTurns)
      before = after
      if (next.polite || next.assertive) setAnnouncement(next)
    })
  }, [source, texts, announceTurns])

  useEffect(() => {
    if (!announcement.polite && !announcement.assertive) return
    const timer = setTimeout(() => setAnnouncement({}), CLEAR_AFTER_MS)
    return () => clearTimeout(timer)
  }, [announcement])

  return (
    <>
      <div data-rva-part="announcer" data-urgency="polite" aria-live="polite" aria-atomic="true">
        {announcement.polite}
      </div>
      <div data-rva-part="announcer" data-urgency="assertive" aria-live="assertive" aria-atomic="true">
        {announcement.assertive}
      </div>
    </>
  )
})
