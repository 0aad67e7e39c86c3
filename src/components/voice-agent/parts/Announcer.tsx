import { memo, useEffect, useState } from 'react'
import { type Announcement, type AnnounceTurns, announcementOf } from '../announcements.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import { useAssistantView } from './view-context.js'

/** Long enough to be picked up; then emptied, so that the same words are news again. */
const CLEAR_AFTER_MS = 4000

/** Two live regions, empty when mounted: what a screen reader is told, and nothing besides. */
export const Announcer = memo(function Announcer({ announceTurns }: { announceTurns: AnnounceTurns }) {
  const { source, texts } = useAssistantView()
  const [said, setSaid] = useState<Announcement>({})

  // Before anything else can happen: what comes between a mount and an effect would go unheard.
  useBrowserLayoutEffect(() => {
    let before = source.getState()
    return source.subscribe(() => {
      const after = source.getState()
      const news = announcementOf(before, after, texts, announceTurns)
      before = after
      if (news.polite || news.assertive) setSaid(news)
    })
  }, [source, texts, announceTurns])

  useEffect(() => {
    if (!said.polite && !said.assertive) return
    const timer = setTimeout(() => setSaid({}), CLEAR_AFTER_MS)
    return () => clearTimeout(timer)
  }, [said])

  return (
    <>
      <div data-rva-part="announcer" data-urgency="polite" aria-live="polite" aria-atomic="true">
        {said.polite}
      </div>
      <div data-rva-part="announcer" data-urgency="assertive" aria-live="assertive" aria-atomic="true">
        {said.assertive}
      </div>
    </>
  )
})
