import { runWhenIdle } from '../parts/idle.js'

/** Renders waiting elements: those near the viewport immediately, and the others from the last to the first, one per idle callback. */
export interface IdleRenderQueue {
  /** Returns a function that removes the element. */
  add(element: Element, render: () => void): () => void
}

/** Creates a queue. Add elements in document order, because the last added one is rendered first. */
export function createIdleRenderQueue(): IdleRenderQueue {
  const waiting = new Map<Element, () => void>()
  let cancelIdle: (() => void) | null = null
  let observer: IntersectionObserver | null = null

  function renderNow(element: Element): void {
    const render = waiting.get(element)
    remove(element)
    render?.()
  }

  function remove(element: Element): void {
    waiting.delete(element)
    observer?.unobserve(element)
    if (waiting.size > 0 || cancelIdle === null) return
    cancelIdle()
    cancelIdle = null
    observer?.disconnect()
    observer = null
  }

  function step(): void {
    cancelIdle = null
    const newest = [...waiting.keys()].at(-1)
    if (newest) renderNow(newest)
    schedule()
  }

  function schedule(): void {
    if (waiting.size > 0) cancelIdle ??= runWhenIdle(step)
  }

  return {
    add(element, render) {
      // The observer of the element's own window, because a page behind it may not be painted. Environments without layout, such as jsdom, have none.
      const { defaultView: view } = element.ownerDocument
      if (view?.IntersectionObserver)
        observer ??= new view.IntersectionObserver(
          (entries) => {
            for (const { isIntersecting, target } of entries) if (isIntersecting) renderNow(target)
          },
          { root: element.closest('[data-rva-part="viewport"]'), rootMargin: '100% 0px' },
        )
      waiting.set(element, render)
      observer?.observe(element)
      schedule()
      return () => remove(element)
    },
  }
}
