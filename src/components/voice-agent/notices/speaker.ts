import type { RefObject } from 'react'
import type { Announcements } from './announcement-scope.js'
import type { Announcement } from './announcements.js'

/** Milliseconds that an announcement stays, which is enough for screen readers. */
const REMOVED_AFTER_MS = 4000

/** An assistant that can announce. */
interface Member {
  /** Its live regions in the page. */
  regions: Record<Announcement['urgency'], HTMLElement>
  /** The live region of its own window, while it has one. */
  outlet: RefObject<HTMLElement | null>
}

/** The assistants of each agent, the first mounted first. */
const members = new WeakMap<object, Set<Member>>()

/** Finds the live region of the assistant's own window or open dialog, because screen readers ignore live regions behind it. */
function findFront({ regions, outlet }: Member): Element | null {
  const root = (outlet.current ?? regions.polite).closest('[data-rva-part="root"]')
  // The innermost one, because a confirmation may be open over the sheet.
  const all = root?.querySelectorAll('dialog[open] > [data-rva-part="announcer"]')
  return all?.[all.length - 1] ?? outlet.current
}

/** Ranks how far in front an assistant is: its window comes before a dialog, which comes before the page. */
function rankOf(member: Member): number {
  const { polite } = member.regions
  if (member.outlet.current) return 3
  if (findFront(member) || polite.closest(':modal')) return 2
  return (polite.checkVisibility?.() ?? true) ? 1 : 0
}

/** True for the assistant that announces: of those that show the same agent, the first of the frontmost ones. */
function isSpeaker(member: Member, all: readonly Member[]): boolean {
  const highest = Math.max(...all.map(rankOf))
  return member === all.find((one) => rankOf(one) === highest)
}

function isWanted({ kind }: Announcement, wanted: Announcements): boolean {
  return wanted === 'all' || kind === 'error' || (wanted === 'turns' && kind === 'turn')
}

/** Puts announcements into the live regions of an assistant, or of its window or dialog in front of them. */
export interface Speaker {
  say(announcement: Announcement): void
  /** Removes the announcements, because the next agent must not inherit them. */
  stop(): void
}

/**
 * @param key Assistants with the same key announce once: that is, those of one agent.
 * @param getScope Returns the scope that the app or the user has chosen.
 */
export function createSpeaker(key: object, member: Member, getScope: () => Announcements): Speaker {
  const all = members.get(key) ?? new Set()
  members.set(key, all.add(member))
  /** The announcements and the timers that remove them. */
  const lines = new Map<Element, ReturnType<typeof setTimeout>>()
  return {
    say(announcement) {
      const { text, urgency } = announcement
      if (!isSpeaker(member, [...all]) || !isWanted(announcement, getScope())) return
      const region = findFront(member) ?? member.regions[urgency]
      // Its own element, so that one announcement does not replace another.
      const line = region.ownerDocument.createElement('div')
      line.textContent = text
      region.append(line)
      const remove = () => {
        line.remove()
        lines.delete(line)
      }
      lines.set(line, setTimeout(remove, REMOVED_AFTER_MS))
    },
    stop() {
      all.delete(member)
      for (const [line, timer] of lines) {
        clearTimeout(timer)
        line.remove()
      }
      lines.clear()
    },
  }
}
