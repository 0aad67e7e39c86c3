import type { BrowserContext, Page } from '@playwright/test'

/** A period in which a microphone was open, in milliseconds since the epoch. `end` is null while it is open. */
export interface OpenMicrophone {
  start: number
  end: number | null
}

declare global {
  interface Window {
    microphonesUnderTest: OpenMicrophone[]
  }
}

/** Records in each page when a microphone is open. */
export async function watchMicrophones(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.microphonesUnderTest = []
    // A page before its first navigation.
    if (!('mediaDevices' in navigator)) return
    const now = () => performance.timeOrigin + performance.now()
    const open = new WeakMap<MediaStreamTrack, { start: number; end: number | null }>()
    const { mediaDevices } = navigator
    const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices)
    mediaDevices.getUserMedia = async (constraints) => {
      const stream = await getUserMedia(constraints)
      for (const track of stream.getAudioTracks()) {
        const entry = { start: now(), end: null }
        open.set(track, entry)
        window.microphonesUnderTest.push(entry)
      }
      return stream
    }
    const { stop } = MediaStreamTrack.prototype
    MediaStreamTrack.prototype.stop = function () {
      stop.call(this)
      const entry = open.get(this)
      if (entry) entry.end ??= now()
    }
  })
}

/** Periods in which two tabs had an open microphone at the same time. */
export async function overlaps(pages: readonly Page[]): Promise<string[]> {
  const times = await Promise.all(
    pages.map(async (page, tab) => {
      const opened = await page.evaluate(() => window.microphonesUnderTest)
      return opened.map(({ start, end }) => ({ tab, start, end: end ?? Number.POSITIVE_INFINITY }))
    }),
  )
  const all = times.flat().toSorted((a, b) => a.start - b.start)
  const found: string[] = []
  for (const [index, one] of all.entries())
    for (const other of all.slice(index + 1))
      if (other.start < one.end && other.tab !== one.tab)
        found.push(
          `tab ${one.tab} and tab ${other.tab}, for ${Math.min(one.end, other.end) - other.start} ms`,
        )
  return found
}
