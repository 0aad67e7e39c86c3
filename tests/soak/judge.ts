import type { Message } from '../../store/index.js'
import { numberOf, textOf } from './texts.js'
import { digestOf, type Truth } from './truth.js'

/** The restored conversation, compared with what the app had seen. */
export interface Verdict {
  /** Number of restored messages. */
  messages: number
  /** Final messages that were not restored completely and as final, with how long before the page left they arrived. */
  lost: { n: number; ageMs: number }[]
  /** The missing part of the streaming message, and the age of its first character; null if nothing is missing. */
  lostText: { characters: number; ageMs: number } | null
  /** Number of messages missing before existing ones. */
  gaps: number
  duplicated: number
  outOfOrder: number
  /** Messages whose text was never said, or whose status is ahead of what was seen. */
  changed: number
  /** 1 if the settled messages differ from what the previous page showed, otherwise 0. */
  resettled: number
  /** Streaming turns restored without a word. */
  blank: number
  /** Messages with more text than the app had seen, because a page may still receive something after it left. */
  ahead: number
}

/** @param isLive True if the page never left, so that a streaming message is still streaming. */
export function judge(truth: Truth, messages: readonly Message[], seed: string, isLive = false): Verdict {
  const verdict: Verdict = {
    messages: messages.length,
    lost: [],
    lostText: null,
    gaps: 0,
    duplicated: 0,
    outOfOrder: 0,
    changed: 0,
    resettled: digestOf(messages.slice(0, truth.restored.count)) === truth.restored.digest ? 0 : 1,
    blank: 0,
    ahead: 0,
  }
  const found = new Map<number, Message>()
  let highest = -1
  for (const message of messages) {
    const n = numberOf(message.text)
    if (message.text === '') {
      // A live page's turn may still get its first word.
      if (!isLive) verdict.blank++
    } else if (n === null || !textOf(seed, n).startsWith(message.text)) {
      verdict.changed++
    } else if (found.has(n)) {
      verdict.duplicated++
    } else {
      found.set(n, message)
      if (n < highest) verdict.outOfOrder++
      highest = Math.max(highest, n)
    }
  }
  for (let n = 0; n < highest; n++) if (!found.has(n)) verdict.gaps++
  verdict.ahead = [...found.keys()].filter((n) => n >= truth.count).length
  for (let n = 0; n < truth.count; n++) {
    const isRestored = n < truth.restored.count
    if (n === truth.open?.n)
      judgeOpen(truth, truth.open, found.get(n), { verdict, isLive, whole: textOf(seed, n) })
    else if (isRestored ? !found.has(n) : !isWhole(found.get(n), textOf(seed, n))) {
      verdict.lost.push({ n, ageMs: ageOf(truth, (entry) => entry.n === n && entry.isFinal) })
    }
  }
  return verdict
}

function judgeOpen(
  truth: Truth,
  { n, length }: { n: number; length: number },
  message: Message | undefined,
  { verdict, isLive, whole }: { verdict: Verdict; isLive: boolean; whole: string },
): void {
  const kept = message?.text.length ?? 0
  const settled = isLive ? 'streaming' : 'interrupted'
  const isFinished = isWhole(message, whole)
  if (kept > length || isFinished) verdict.ahead++
  else if (message && message.status !== settled) verdict.changed++
  const characters = Math.max(0, length - kept)
  const ageMs = characters > 0 ? ageOf(truth, (entry) => entry.n === n && entry.length > kept) : 0
  verdict.lostText = { characters, ageMs }
}

const isWhole = (message: Message | undefined, text: string) =>
  message?.status === 'final' && message.text === text

/** Returns the age of an entry. For entries older than the recorded ones, returns a lower bound: the age of the oldest recorded one. */
function ageOf({ recent, leftAt }: Truth, matches: (entry: Truth['recent'][number]) => boolean): number {
  const at = (recent.find(matches) ?? recent[0])?.at ?? 0
  // A page that left without notice did so after its last entry.
  return Math.max(0, (leftAt ?? recent.at(-1)?.at ?? Date.now()) - at)
}

/** Returns one short sentence per fault. Empty if nothing older than `allowedMs` is missing. */
export function complaintsOf(verdict: Verdict, allowedMs: number): string[] {
  const { lost, lostText, gaps, duplicated, outOfOrder, changed, resettled, blank } = verdict
  const tooOld = lost.filter(({ ageMs }) => ageMs > allowedMs)
  return [
    tooOld.length > 0 &&
      `${tooOld.length} finals lost: ${tooOld.map(({ n, ageMs }) => `#${n} (${ageMs} ms old)`).join(', ')}`,
    (lostText?.ageMs ?? 0) > allowedMs && `lost text that was ${lostText?.ageMs} ms old`,
    gaps > 0 && `${gaps} missing before others`,
    duplicated > 0 && `${duplicated} duplicated`,
    outOfOrder > 0 && `${outOfOrder} out of order`,
    changed > 0 && `${changed} changed`,
    resettled > 0 && 'settled messages changed',
    blank > 0 && `${blank} restored without a word`,
  ].filter((complaint) => complaint !== false)
}
