import { hasEarlierMessages, selectAllMessages, type VoiceAgentState } from '../../../../store/index.js'
import { getTimeFormat, toDayNumber } from '../format/times.js'
import type { AgentSource } from '../hooks/agent-source.js'
import type { AssistantTexts } from '../texts/types.js'
import { toWords } from '../transcript/plain-text.js'
import { computeGaps } from '../transcript/TranscriptMarks.js'
import { download } from './transfer.js'

/** One part of a transcript: a day heading, a turn, or a note. */
export interface TranscriptPart {
  /** The day, or the speaker and the time; empty for a note. */
  heading: string
  /** Empty for a day. */
  words: string
}

/** Loads all stored messages of the open conversation. Resolves to false if some can't be loaded now. */
async function loadWhole({ agent, getState }: AgentSource): Promise<boolean> {
  while (hasEarlierMessages(getState())) {
    const { firstLoadedIndex } = getState().conversation
    await agent?.loadEarlierMessages()
    if (getState().conversation.firstLoadedIndex >= firstLoadedIndex) return false
  }
  return true
}

function listParts({ conversation, session }: VoiceAgentState, texts: AssistantTexts): TranscriptPart[] {
  const { time, date } = getTimeFormat(texts.locale)
  const gaps = computeGaps(session.restore.lost)
  const parts: TranscriptPart[] = []
  const addGap = (before: number) => {
    const gap = gaps.find((candidate) => candidate.before === before)
    if (gap) parts.push({ heading: '', words: texts.gap(gap.count) })
  }
  let lastDay: number | null = null
  const messages = selectAllMessages(conversation)
  for (const [offset, message] of messages.entries()) {
    addGap(conversation.firstLoadedIndex + offset)
    const words = toWords(message, texts)
    if (words === '') continue
    const day = toDayNumber(message.createdAt)
    if (day !== lastDay) parts.push({ heading: date(message.createdAt), words: '' })
    lastDay = day
    parts.push({ heading: `${texts.author[message.role]}, ${time(message.createdAt)}`, words })
  }
  addGap(conversation.firstLoadedIndex + messages.length)
  return parts
}

const toText = (parts: readonly TranscriptPart[]) =>
  `${parts.map(({ heading, words }) => [heading, words].filter(Boolean).join('\n')).join('\n\n')}\n`

/** Reads the whole open conversation, including what is not loaded yet. @throws Error if some of it can't be loaded now */
async function readWhole(source: AgentSource, texts: AssistantTexts): Promise<TranscriptPart[]> {
  if (!(await loadWhole(source))) throw new Error('Earlier messages were not loaded.')
  return listParts(source.getState(), texts)
}

/** Copies the whole open conversation. Call it from a click on the button. @throws Error if it can't be read or copied */
export const copyWhole = (source: AgentSource, texts: AssistantTexts, button: Element): Promise<void> =>
  writeToClipboard(readWhole(source, texts).then(toText), button)

/** Copies a text that is still being read. Call it from a click on the button. @throws Error if it can't be read or copied */
export async function writeToClipboard(
  text: Promise<string>,
  { ownerDocument: { defaultView } }: Element,
): Promise<void> {
  // Only the focused window may write.
  const { navigator, ClipboardItem, Blob } = defaultView ?? window
  if (typeof ClipboardItem !== 'function') return navigator.clipboard.writeText(await text)
  // Safari allows writing only during the click itself, so it gets a promise.
  const blob = text.then((copied) => new Blob([copied], { type: 'text/plain' }))
  // A browser that refuses to write ignores the promise, whose rejection would then be unhandled.
  blob.catch(() => undefined)
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })])
}

/** Downloads the whole open conversation as an unencrypted text file. @throws Error if it can't be read */
export async function saveWhole(source: AgentSource, texts: AssistantTexts): Promise<void> {
  const text = toText(await readWhole(source, texts))
  download(new Blob([text], { type: 'text/plain;charset=utf-8' }), 'txt')
}

/** Prints the whole open conversation without the page around it. @throws Error if it can't be read */
export async function printWhole(source: AgentSource, texts: AssistantTexts, title: string): Promise<void> {
  const parts = await readWhole(source, texts)
  const frame = document.createElement('iframe')
  frame.dataset.rvaPart = 'print'
  frame.style.cssText = 'position: fixed; inset: 0 auto auto 0; inline-size: 0; block-size: 0; border: 0'
  frame.setAttribute('aria-hidden', 'true')
  document.body.append(frame)
  const { contentDocument, contentWindow } = frame
  if (!contentDocument || !contentWindow) return
  contentDocument.title = title
  contentDocument.documentElement.lang = texts.locale
  const add = (name: string, text: string, style = '') => {
    const element = contentDocument.createElement(name)
    element.textContent = text
    element.dir = 'auto'
    element.style.cssText = style
    contentDocument.body.append(element)
  }
  contentDocument.body.style.cssText = 'font: 11pt/1.5 system-ui, sans-serif'
  add('h1', title, 'font-size: 1.25rem')
  for (const { heading, words } of parts) {
    if (words === '') add('h2', heading, 'font-size: 1rem; margin: 1.5em 0 0.5em')
    else {
      if (heading !== '') add('p', heading, 'margin: 1em 0 0; font-weight: 600; break-after: avoid')
      add('p', words, 'margin: 0; white-space: pre-wrap; overflow-wrap: anywhere')
    }
  }
  contentWindow.addEventListener('afterprint', () => frame.remove(), { once: true })
  contentWindow.print()
}
