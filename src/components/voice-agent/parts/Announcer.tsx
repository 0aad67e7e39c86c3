import { memo, type RefObject, useRef, useState } from 'react'
import { callListener } from '../../../lib/voice-agent/agent/emitter.js'
import { useBrowserLayoutEffect } from '../hooks/useAgentSource.js'
import type { Announcements, AnnounceTurns } from '../notices/announcement-scope.js'
import type { Announcement, ShownState, TurnAnnouncer } from '../notices/announcements.js'
import { panelCode } from './panel-code.js'
import { useAssistantView } from './view-context.js'

/** Milliseconds that an announcement stays, which is enough for screen readers. */
const REMOVED_AFTER_MS = 4000
/** Changes that are queued until the code is loaded. */
const MOST_WAITING = 200

type Spoken = Announcement & { id: number }

/** An assistant that can announce. */
interface Member {
  /** Its live region in the page. */
  region: HTMLElement
  /** The live region of its own window, while it has one. */
  outlet: RefObject<HTMLElement | null>
}

/** The assistants of each agent, the first mounted first. */
const announcers = new WeakMap<object, Set<Member>>()

/** Finds the live region of the assistant's own window or open dialog, because screen readers ignore live regions behind it. */
function findFront({ region, outlet }: Member): Element | null {
  const root = (outlet.current ?? region).closest('[data-rva-part="root"]')
  // The innermost one, because a confirmation may be open over the sheet.
  const all = root?.querySelectorAll('dialog[open] > [data-rva-part="announcer"]')
  return all?.[all.length - 1] ?? outlet.current
}

/** Ranks how far in front an assistant is: its window comes before a dialog, which comes before the page. */
function rankOf(member: Member): number {
  if (member.outlet.current) return 3
  if (findFront(member) || member.region.closest(':modal')) return 2
  return (member.region.checkVisibility?.() ?? true) ? 1 : 0
}

/** True for the assistant that announces: of those that show the same agent, the first of the frontmost ones. */
function isSpeaker(key: object, member: Member): boolean {
  const all = [...(announcers.get(key) ?? [])]
  const highest = Math.max(...all.map(rankOf))
  return member === all.find((one) => rankOf(one) === highest)
}

function isWanted({ kind }: Announcement, wanted: Announcements): boolean {
  return wanted === 'all' || kind === 'error' || (wanted === 'turns' && kind === 'turn')
}

/** Announces in the window or dialog in front of the page. Returns the added element, or null if there is none. */
function sayInFront(member: Member, text: string): HTMLElement | null {
  const front = findFront(member)
  if (!front) return null
  const line = front.ownerDocument.createElement('div')
  line.textContent = text
  front.append(line)
  return line
}

/**
 * Two live regions that start empty and hold only announcements. Each announcement is its own element, so that one does not replace
 * another. The code is loaded with the panels; earlier changes are announced once it is loaded.
 */
export const Announcer = memo(function Announcer({ announceTurns }: { announceTurns: AnnounceTurns }) {
  const { source, texts, watch, outlet, announcements } = useAssistantView()
  const [spoken, setSpoken] = useState<readonly Spoken[]>([])
  const region = useRef<HTMLDivElement | null>(null)
  const latest = useRef({ texts, announceTurns, announcements })
  useBrowserLayoutEffect(() => {
    latest.current = { texts, announceTurns, announcements }
  })

  // A layout effect, because a change between the mount and an ordinary effect would be missed.
  useBrowserLayoutEffect(() => {
    const { current } = region
    if (!current) return
    const key = source.agent ?? current
    const member = { region: current, outlet }
    const members = announcers.get(key) ?? new Set()
    announcers.set(key, members.add(member))
    let lastId = 0
    const timers = new Set<ReturnType<typeof setTimeout>>()
    const linesInFront = new Set<HTMLElement>()
    const say = (announcement: Announcement) => {
      if (!isSpeaker(key, member) || !isWanted(announcement, latest.current.announcements.get())) return
      const line = sayInFront(member, announcement.text)
      const id = ++lastId
      if (line) linesInFront.add(line)
      else setSpoken((all) => [...all, { ...announcement, id }])
      const remove = () => {
        timers.delete(timer)
        if (line) {
          line.remove()
          linesInFront.delete(line)
        } else setSpoken((all) => all.filter((one) => one.id !== id))
      }
      const timer = setTimeout(remove, REMOVED_AFTER_MS)
      timers.add(timer)
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
      // One of the app's texts may throw, but the store's other subscribers must still be called.
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
      members.delete(member)
      for (const timer of timers) clearTimeout(timer)
      // The next agent must not inherit announcements.
      setSpoken([])
      for (const line of linesInFront) line.remove()
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
