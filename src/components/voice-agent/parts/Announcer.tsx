import { memo, useRef, useState } from 'react'
import { callListener } from '../../../lib/voice-agent/agent/emitter.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import type { Announcements, AnnounceTurns } from '../notices/announcement-scope.js'
import type { Announcement, ShownState, TurnAnnouncer } from '../notices/announcements.js'
import { panelCode } from './panel-code.js'
import { useAssistantView } from './view-context.js'

/** Leaves screen readers enough time. */
const REMOVED_AFTER_MS = 4000
/** Changes that are held until the code is loaded. */
const MOST_WAITING = 200

type Spoken = Announcement & { id: number }

/** The live regions of each agent's assistants, the first mounted first. */
const announcers = new WeakMap<object, Set<HTMLElement>>()

/** True for the assistant that announces: of several that show one agent, the first that is visible. */
function isSpeaker(key: object, region: HTMLElement): boolean {
  const all = [...(announcers.get(key) ?? [])]
  return region === (all.find((one) => one.checkVisibility?.() ?? true) ?? all[0])
}

function isWanted({ kind }: Announcement, wanted: Announcements): boolean {
  return wanted === 'all' || kind === 'error' || kind === (wanted === 'turns' ? 'turn' : 'error')
}

/**
 * Announces inside the assistant's open dialog or own window, because a screen reader hears nothing of what is behind it. Returns the element, if
 * there is one.
 */
function sayInFront(region: HTMLElement, outlet: HTMLElement | null, text: string): HTMLElement | null {
  const root = (outlet ?? region).closest('[data-rva-part="root"]')
  // The innermost of several: a question may be open over the sheet.
  const all = root?.querySelectorAll('dialog[open] > [data-rva-part="announcer"]')
  const front = all?.[all.length - 1] ?? outlet
  if (!front) return null
  const line = front.ownerDocument.createElement('div')
  line.textContent = text
  front.append(line)
  return line
}

/**
 * Two live regions, which are empty when mounted and hold only announcements. Each announcement is an element of its own, so that one does
 * not replace another. Their code is loaded with the panels; changes before are announced then.
 */
export const Announcer = memo(function Announcer({ announceTurns }: { announceTurns: AnnounceTurns }) {
  const { source, texts, watch, outlet, announcements } = useAssistantView()
  const [spoken, setSpoken] = useState<readonly Spoken[]>([])
  const region = useRef<HTMLDivElement | null>(null)
  const latest = useRef({ texts, announceTurns, announcements })
  useBrowserLayoutEffect(() => {
    latest.current = { texts, announceTurns, announcements }
  })

  // A layout effect, because a change between the mount and an ordinary effect would not be announced.
  useBrowserLayoutEffect(() => {
    const { current } = region
    if (!current) return
    const key = source.agent ?? current
    const members = announcers.get(key) ?? new Set()
    announcers.set(key, members.add(current))
    let lastId = 0
    const timers = new Set<ReturnType<typeof setTimeout>>()
    const say = (announcement: Announcement) => {
      if (!isSpeaker(key, current) || !isWanted(announcement, latest.current.announcements.get())) return
      const line = sayInFront(current, outlet.current, announcement.text)
      const id = ++lastId
      if (!line) setSpoken((all) => [...all, { ...announcement, id }])
      const remove = () => {
        line?.remove()
        setSpoken((all) => (line ? all : all.filter((one) => one.id !== id)))
      }
      timers.add(setTimeout(remove, REMOVED_AFTER_MS))
    }
    const look = (): ShownState => ({
      state: source.getState(),
      isOnline: navigator.onLine,
      watched: watch.get(),
    })
    const first = look()
    let waiting: ShownState[] = []
    let announcer: TurnAnnouncer | null = null
    const announce = () => {
      const panels = panelCode.current()
      if (!panels) return
      announcer ??= panels.createAnnouncer(first, say)
      const changes = waiting
      waiting = []
      const { texts, announceTurns } = latest.current
      const { next } = announcer
      // A text of the app may throw, and the store's other subscribers must be called.
      for (const shown of changes) callListener(() => next(shown, texts, announceTurns))
    }
    const onChange = () => {
      waiting = [...waiting.slice(-MOST_WAITING), look()]
      announce()
    }
    const unsubscribe = source.subscribe(onChange)
    const unwatch = watch.subscribe(onChange)
    addEventListener('online', onChange)
    addEventListener('offline', onChange)
    const stop = panelCode.whenLoaded(() => {
      announce()
      return () => announcer?.stop()
    })
    return () => {
      stop()
      unsubscribe()
      unwatch()
      removeEventListener('online', onChange)
      removeEventListener('offline', onChange)
      members.delete(current)
      for (const timer of timers) clearTimeout(timer)
      // Announcements of another agent would be wrong.
      setSpoken([])
    }
  }, [source, watch, outlet])

  return (['polite', 'assertive'] as const).map((urgency) => (
    <div
      key={urgency}
      ref={urgency === 'polite' ? region : undefined}
      data-rva-part="announcer"
      data-urgency={urgency}
      aria-live={urgency}
      aria-atomic="false"
    >
      {spoken.map(({ id, text, ...one }) => one.urgency === urgency && <div key={id}>{text}</div>)}
    </div>
  ))
})
