import { memo, useState } from 'react'
import type { VoiceAgentState } from '../../../../store/index.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import type { AnnounceTurns } from '../notices/announcements.js'
import { panelCode } from './panel-code.js'
import { useAssistantView } from './view-context.js'

/** Leaves screen readers enough time. */
const REMOVED_AFTER_MS = 4000
/** Changes that are held until the code is loaded. */
const MOST_WAITING = 200

interface Spoken {
  id: number
  urgency: 'polite' | 'assertive'
  text: string
}

/** The announcer of each agent: of several assistants that show one agent, the first announces. */
const announcers = new WeakMap<object, object>()

/**
 * Two live regions, which are empty when mounted and hold only announcements. Each announcement is an element of its own, so that one does
 * not replace another. Their code is loaded with the panels; changes before are announced then.
 */
export const Announcer = memo(function Announcer({ announceTurns }: { announceTurns: AnnounceTurns }) {
  const { source, texts } = useAssistantView()
  const [spoken, setSpoken] = useState<readonly Spoken[]>([])

  // A layout effect, because a change between the mount and an ordinary effect would not be announced.
  useBrowserLayoutEffect(() => {
    const self = {}
    const key = source.agent ?? self
    let before = source.getState()
    let waiting: VoiceAgentState[] = []
    let lastId = 0
    const timers = new Set<ReturnType<typeof setTimeout>>()
    const say = (urgency: Spoken['urgency'], text: string | undefined) => {
      if (!text) return
      const id = ++lastId
      setSpoken((all) => [...all, { id, urgency, text }])
      timers.add(setTimeout(() => setSpoken((all) => all.filter((one) => one.id !== id)), REMOVED_AFTER_MS))
    }
    const announce = () => {
      const panels = panelCode.current()
      if (!panels) return
      if (!announcers.has(key)) announcers.set(key, self)
      for (const after of waiting) {
        const { polite, assertive } = panels.computeAnnouncement(before, after, texts, announceTurns)
        before = after
        if (announcers.get(key) !== self) continue
        say('assertive', assertive)
        say('polite', polite)
      }
      waiting = []
    }
    const unsubscribe = source.subscribe(() => {
      waiting = [...waiting.slice(-MOST_WAITING), source.getState()]
      announce()
    })
    panelCode.load().then(announce, () => undefined)
    return () => {
      unsubscribe()
      if (announcers.get(key) === self) announcers.delete(key)
      for (const timer of timers) clearTimeout(timer)
      // Announcements of another agent would be wrong.
      setSpoken([])
    }
  }, [source, texts, announceTurns])

  return (['polite', 'assertive'] as const).map((urgency) => (
    <div
      key={urgency}
      data-rva-part="announcer"
      data-urgency={urgency}
      aria-live={urgency}
      aria-atomic="false"
    >
      {spoken.map(({ id, text, ...one }) => one.urgency === urgency && <div key={id}>{text}</div>)}
    </div>
  ))
})
