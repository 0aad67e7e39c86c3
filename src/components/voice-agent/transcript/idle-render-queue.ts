import { whenIdle } from '../parts/idle.js'

/** Fills what waits to be filled: at once what comes near the viewport, the rest from the end, one at a time, when idle. */
export interface FillQueue {
  /** Gives the function that takes it out again. */
  add(element: Element, fill: () => void): () => void
}

const hasObserver = typeof IntersectionObserver === 'function'

/** Added in the order of the document; the last added is the newest. */
export function createFillQueue(): FillQueue {
  const waiting = new Map<Element, () => void>()
  let callOff: (() => void) | null = null
  let observer: IntersectionObserver | null = null

  function fill(element: Element): void {
    const run = waiting.get(element)
    remove(element)
    run?.()
  }

  function remove(element: Element): void {
    waiting.delete(element)
    observer?.unobserve(element)
    if (waiting.size > 0 || callOff === null) return
    callOff()
    callOff = null
    observer?.disconnect()
    observer = null
  }

  function step(): void {
    callOff = null
    const newest = [...waiting.keys()].at(-1)
    if (newest) fill(newest)
    schedule()
  }

  function schedule(): void {
    if (waiting.size > 0) callOff ??= whenIdle(step)
  }

  return {
    add(element, run) {
      // Where nothing has a place, as in jsdom, nothing comes near.
      if (hasObserver)
        observer ??= new IntersectionObserver(
          (entries) => {
            for (const { isIntersecting, target } of entries) if (isIntersecting) fill(target)
          },
          { root: element.closest('[data-rva-part="viewport"]'), rootMargin: '100% 0px' },
        )
      waiting.set(element, run)
      observer?.observe(element)
      schedule()
      return () => remove(element)
    },
  }
}
