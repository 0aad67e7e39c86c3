import { useEffect, useState } from 'react'
import type { FoundMessage } from '../../../../middleware/drivers/storage/ports.js'
import { getTimeFormat } from '../format/times.js'
import { usePanelView } from './view.js'

/** Characters shown before a match. */
const BEFORE = 60
/** Milliseconds without a keystroke before the search begins. */
const TYPING_PAUSE_MS = 250

/** Cuts a text so that the match is near its beginning. */
function excerpt(text: string, query: string): string {
  const at = text.toLocaleLowerCase().indexOf(query.trim().toLocaleLowerCase())
  if (at <= BEFORE) return text
  const from = text.lastIndexOf(' ', at - BEFORE / 1.5) + 1
  return from > 0 ? `…${text.slice(from)}` : text
}

type Result = { query: string; found: readonly FoundMessage[] | null }

/** Searches all stored conversations for the query, and lists the matching messages. */
export function SearchResults({ query, onOpen }: { query: string; onOpen: (found: FoundMessage) => void }) {
  const { source, texts } = usePanelView()
  const [result, setResult] = useState<Result | null>(null)
  useEffect(() => {
    const controller = new AbortController()
    const search = () =>
      source.agent?.sessionManager.search(query, { signal: controller.signal }).then(
        (found) => !controller.signal.aborted && setResult({ query, found }),
        () => !controller.signal.aborted && setResult({ query, found: null }),
      )
    const timer = setTimeout(() => void search(), TYPING_PAUSE_MS)
    return () => {
      clearTimeout(timer)
      controller.abort()
    }
  }, [source, query])
  const { time, date } = getTimeFormat(texts.locale)
  const found = result?.found ?? []
  const status =
    result?.query !== query
      ? texts.searching
      : result.found === null
        ? texts.conversationsFailed
        : texts.searchFound(found.length)
  return (
    <>
      <p data-rva-part="conversations-note" role="status">
        {status}
      </p>
      <ul data-rva-part="conversations-list">
        {found.map((one) => {
          const { sessionId, message } = one
          return (
            <li key={`${sessionId}/${message.id}`} data-rva-part="conversation">
              <button type="button" data-rva-part="conversation-open" onClick={() => onOpen(one)}>
                <span data-rva-part="conversation-title">
                  <bdi>{excerpt(message.text, result?.query ?? '')}</bdi>
                </span>
                <span data-rva-part="conversation-meta">
                  {texts.author[message.role]} · {date(message.createdAt)}, {time(message.createdAt)}
                </span>
              </button>
            </li>
          )
        })}
      </ul>
    </>
  )
}
