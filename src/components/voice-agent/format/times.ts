/** Minutes without a message after which the next one shows its time. */
const QUIET_MS = 5 * 60_000
const DAY_MS = 86_400_000

/** Times and days as a reader of one language writes them, in the browser's time zone. */
export interface TimeFormat {
  /** Of day, to the minute. */
  time: (at: number) => string
  /** "Today", "Yesterday", or the date; with the year unless it is this one. */
  day: (at: number, today: number) => string
}

/** The calendar day of a moment in the browser's time zone, counted so that neighbours differ by 1. */
export function dayOf(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS
}

/** Milliseconds from `now` until the next day begins, which daylight saving moves. */
export function untilMidnight(now: number): number {
  const date = new Date(now)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime() - now
}

/** Whether a message begins another day than the one before it. The first one loaded does when it is not of today. */
export function beginsDay(at: number, previousAt: number | null, today: number): boolean {
  return dayOf(at) !== (previousAt === null ? today : dayOf(previousAt))
}

/** Whether a message shows its time without being asked: the first, and every one after a pause. */
export function showsTime(at: number, previousAt: number | null): boolean {
  return previousAt === null || at - previousAt >= QUIET_MS || dayOf(at) !== dayOf(previousAt)
}

/** The user's own variant of a language, where they have one: a Briton's 24 hours, an American's 12. */
export function regionalVariant(language: string): string {
  const [base] = language.split('-')
  if (base !== language) return language
  const wanted = globalThis.navigator?.languages ?? []
  return wanted.find((tag) => tag === base || tag.startsWith(`${base}-`)) ?? language
}

const formats = new Map<string, TimeFormat>()

/** The same one each time, for making it is slow. @param locale BCP 47 tag. */
export function timeFormatOf(locale: string): TimeFormat {
  const known = formats.get(locale)
  if (known) return known
  const made = createTimeFormat(locale)
  formats.set(locale, made)
  return made
}

/** @param locale BCP 47 tag. */
export function createTimeFormat(locale: string): TimeFormat {
  const tag = regionalVariant(locale)
  const time = new Intl.DateTimeFormat(tag, { hour: 'numeric', minute: '2-digit' })
  const thisYear = new Intl.DateTimeFormat(tag, { weekday: 'long', day: 'numeric', month: 'long' })
  const anyYear = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'long', year: 'numeric' })
  const near = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  const capitalised = (words: string) => words.charAt(0).toLocaleUpperCase(tag) + words.slice(1)
  return {
    time: (at) => time.format(at),
    day(at, today) {
      const day = dayOf(at)
      if (day === today || day === today - 1) return capitalised(near.format(day - today, 'day'))
      const isThisYear = new Date(at).getFullYear() === new Date(today * DAY_MS).getUTCFullYear()
      return (isThisYear ? thisYear : anyYear).format(at)
    },
  }
}
