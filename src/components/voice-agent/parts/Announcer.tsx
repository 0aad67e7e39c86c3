import { memo, useEffect, useRef, useState } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import type { Announcement, AnnounceTurns } from '../notices/announcements.js'
import { conversationParts, useLazyParts } from './lazy-parts.js'
import { useAssistantView } from './view-context.js'

/** Long enough to be picked up; then emptied, so that the same words are news again. */
const CLEAR_AFTER_MS = 4000

/** Two live regions, empty when mounted: what a screen reader is told, and nothing besides. */
export const Announcer = memo(function Announcer({ announceTurns }: { announceTurns: AnnounceTurns }) {
  const view = useAssistantView()
  const { source } = view
  const { parts } = useLazyParts(conversationParts)
  const [said, setSaid] = useState<Announcement>({})
  // What changes before the code is there that words it, is said once it is.
  const before = useRef<VoiceAgentState | null>(null)

  // Before anything else can happen: what comes between a mount and an effect would go unheard.
  useBrowserLayoutEffect(() => {
    before.current = source.getState()
  }, [source])

  useBrowserLayoutEffect(() => {
    if (!parts) return
    const { texts } = parts.conversationView(view)
    const announce = () => {
      const after = source.getState()
      const news = parts.announcementOf(before.current ?? after, after, texts, announceTurns)
      before.current = after
      if (news.polite || news.assertive) setSaid(news)
    }
    announce()
    return source.subscribe(announce)
  }, [parts, source, view, announceTurns])

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
