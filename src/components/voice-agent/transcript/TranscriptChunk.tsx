import { type ComponentType, memo, useCallback, useEffect, useRef, useState } from 'react'
import { chunkAt, type Message, type VoiceAgentState } from '../../../../store/index.js'
import { beginsDay, showsTime } from '../format/times.js'
import { pendingSource, useAgentState } from '../hooks/agent-source.js'
import { ErrorBoundary } from '../parts/Isolated.js'
import { runWhenIdle } from '../parts/idle.js'
import { useAssistantView, useViewState } from '../parts/view-context.js'
import { MessageArticle, PlainMessage } from './MessageArticle.js'
import { toPlainText } from './plain-text.js'
import { DayBreak, type Gap, GapMark, RestoredMark } from './TranscriptMarks.js'

/** Heights of a line, the space around a message and the padding of a bubble, in `em`; see `styles/`. */
const LINE = 1.55
const AROUND = 1.1
const BUBBLE = 1.2
/** Estimate for a panel of common width. */
const CHARACTERS_PER_LINE = 62

const heightCache = new WeakMap<readonly Message[], number>()

/**
 * Estimates the height of messages in `em`, for the scroll bar before they are rendered. If the estimate is wrong, the scroll anchor
 * keeps the user's place.
 */
function estimateHeight(messages: readonly Message[]): number {
  let height = heightCache.get(messages)
  if (height === undefined) {
    height = 0
    for (const { text, role } of messages) {
      const lines = Math.max(1, Math.ceil(text.length / CHARACTERS_PER_LINE))
      height += lines * LINE + AROUND + (role === 'user' ? BUBBLE : 0)
    }
    heightCache.set(messages, height)
  }
  return height
}

/** Renders waiting elements: those near the viewport immediately, and the others from the last to the first, one per idle callback. */
interface IdleRenderQueue {
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

interface TranscriptChunkProps {
  /** The messages of a complete chunk. Null for the last chunks, which read theirs from the state. */
  messages: readonly Message[] | null
  /** Index among the loaded chunks. */
  index: number
  /** Time of the message before the chunk; null for the first chunk. */
  previousAt: number | null
  /** Index of the chunk's first message in the whole conversation. */
  start: number
  /** Number of restored messages in the conversation. */
  restoredCount: number
  gaps: readonly Gap[]
  /** The user's actions on a message. */
  marks: ComponentType<{ message: Message }> | undefined
  /** True if the messages are rendered with the first paint; otherwise `queue` decides when. */
  isEager: boolean
  queue: IdleRenderQueue
  today: number
}

const noMessages: readonly Message[] = []

function useIdleRender(isEager: boolean, queue: IdleRenderQueue) {
  const element = useRef<HTMLDivElement | null>(null)
  const [isRendered, setIsRendered] = useState(isEager)
  const render = useCallback(() => setIsRendered(true), [])
  useEffect(() => {
    if (isRendered || !element.current) return
    return queue.add(element.current, render)
  }, [isRendered, queue, render])
  return { element, isRendered, render }
}

/**
 * The words of a chunk whose messages are not rendered yet, so that *Find in page* and printing reach them. They have no layout, so a long
 * conversation costs little.
 */
const FindableText = memo(function FindableText(props: {
  messages: readonly Message[]
  /** Called when *Find in page* jumps to a match in the text. */
  onFound: () => void
}) {
  const { messages, onFound } = props
  const { texts } = useAssistantView()
  const element = useRef<HTMLDivElement | null>(null)
  useEffect(() => {
    const { current } = element
    // React supports `hidden` only as a boolean.
    current?.setAttribute('hidden', 'until-found')
    current?.addEventListener('beforematch', onFound)
    return () => current?.removeEventListener('beforematch', onFound)
  }, [onFound])
  return (
    <div data-rva-part="chunk-text" ref={element} hidden>
      {toPlainText(messages, texts)}
    </div>
  )
})

/**
 * A chunk of the messages. While text streams, only the last chunk re-renders, and in it only the message that changes.
 * Until its messages are rendered, the chunk has their estimated height.
 */
export const TranscriptChunk = memo(function TranscriptChunk(props: TranscriptChunkProps) {
  const {
    messages: completeMessages,
    index,
    previousAt: before,
    start,
    restoredCount,
    gaps,
    marks,
    isEager,
    queue,
    today,
  } = props
  const isComplete = completeMessages !== null
  const { source } = useAssistantView()
  // A complete chunk does not subscribe. Otherwise each delta would run the selectors of all chunks of a long conversation.
  const currentMessages = useAgentState(
    isComplete ? pendingSource : source,
    useCallback(
      (state: VoiceAgentState) => (isComplete ? noMessages : chunkAt(state.conversation.messages, index)),
      [index, isComplete],
    ),
  )
  const messages = completeMessages ?? currentMessages
  const { element, isRendered, render } = useIdleRender(isEager, queue)

  return (
    <div
      data-rva-part="chunk"
      ref={element}
      style={isRendered ? undefined : { blockSize: `${estimateHeight(messages).toFixed(1)}em` }}
    >
      {!isRendered && (
        <ErrorBoundary>
          <FindableText messages={messages} onFound={render} />
        </ErrorBoundary>
      )}
      {isRendered &&
        messages.map((message, offset) => {
          const at = message.createdAt
          const previousAt = messages[offset - 1]?.createdAt ?? before
          const position = start + offset
          const gap = gaps.find((candidate) => candidate.before === position)
          return (
            <ErrorBoundary key={message.id} fallback={<PlainMessage message={message} />}>
              {gap && <GapMark count={gap.count} />}
              {beginsDay(at, previousAt, today) && <DayBreak at={at} today={today} />}
              <MessageArticle
                message={message}
                isRestored={position < restoredCount}
                isTimeShown={showsTime(at, previousAt)}
                marks={marks}
              />
              {position === restoredCount - 1 && <RestoredMark />}
            </ErrorBoundary>
          )
        })}
    </div>
  )
})

const selectMessages = ({ conversation }: VoiceAgentState) => conversation.messages

/** Reserves the height of chunks that are not mounted yet. Estimates only one of them, so that the first paint does not depend on their number. */
export function ChunksPlaceholder({ count }: { count: number }) {
  const { full } = useViewState(selectMessages)
  const height = count * estimateHeight(full[count - 1] ?? noMessages)
  return <div data-rva-part="chunk" style={{ blockSize: `${height.toFixed(1)}em` }} />
}
