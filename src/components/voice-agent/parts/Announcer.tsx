import { memo, useRef } from 'react'
import { callListener } from '../../../lib/voice-agent/agent/emitter.js'
import { useBrowserLayoutEffect } from '../hooks/agent-source.js'
import type { AnnounceTurns } from '../notices/announcement-scope.js'
import type { ShownState, TurnAnnouncer } from '../notices/announcements.js'
import { panelCode } from './panel-code.js'
import { useAssistantView } from './view-context.js'

/** Changes that are queued until the code is loaded. */
const MOST_WAITING = 200

/**
 * Two live regions that start empty and hold only announcements. The code that fills them is loaded with the panels; earlier changes are
 * announced once it is loaded.
 */
export const Announcer = memo(function Announcer({ announceTurns }: { announceTurns: AnnounceTurns }) {
  const { source, texts, watch, outlet, announcements } = useAssistantView()
  const polite = useRef<HTMLDivElement | null>(null)
  const assertive = useRef<HTMLDivElement | null>(null)
  const latest = useRef({ texts, announceTurns, announcements })
  useBrowserLayoutEffect(() => {
    latest.current = { texts, announceTurns, announcements }
  })

  // A layout effect, because a change between the mount and an ordinary effect would be missed.
  useBrowserLayoutEffect(() => {
    if (!polite.current || !assertive.current) return
    const regions = { polite: polite.current, assertive: assertive.current }
    const look = (): ShownState => ({
      state: source.getState(),
      isOnline: navigator.onLine,
      watched: watch.get(),
    })
    const first = look()
    let waiting: ShownState[] = []
    let announcer: TurnAnnouncer | null = null
    const announce = () => {
      if (!announcer) return
      const changes = waiting
      waiting = []
      const { texts, announceTurns } = latest.current
      const { next } = announcer
      // One of the app's texts may throw, but the store's other subscribers must still be called.
      for (const shown of changes) callListener(() => next(shown, texts, announceTurns))
    }
    const onChange = () => {
      waiting = [...waiting.slice(-MOST_WAITING), look()]
      announce()
    }
    const stops = [source.subscribe(onChange), watch.subscribe(onChange)]
    addEventListener('online', onChange)
    addEventListener('offline', onChange)
    const stop = panelCode.whenLoaded(({ createAnnouncer, createSpeaker }) => {
      const speaker = createSpeaker(source.agent ?? regions, { regions, outlet }, () =>
        latest.current.announcements.get(),
      )
      const created = createAnnouncer(first, speaker.say)
      announcer = created
      announce()
      return () => {
        created.stop()
        speaker.stop()
      }
    })
    return () => {
      stop()
      for (const each of stops) each()
      removeEventListener('online', onChange)
      removeEventListener('offline', onChange)
    }
  }, [source, watch, outlet])

  return (
    <>
      <div
        data-rva-part="announcer"
        ref={polite}
        data-urgency="polite"
        aria-live="polite"
        aria-atomic="false"
      />
      <div
        data-rva-part="announcer"
        ref={assertive}
        data-urgency="assertive"
        aria-live="assertive"
        aria-atomic="false"
      />
    </>
  )
})
