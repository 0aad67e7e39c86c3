/** A message after a pause this long shows its time. */
const QUIET_MS = 5 * 60_000
const DAY_MS = 86_400_000

/** Formats times and days for one language, in the browser's time zone. */
export interface TimeFormat {
  /** Time of day, to the minute. */
  time: (at: number) => string
  /** The date, with the year. */
  date: (at: number) => string
  /** "Today", "Yesterday", or the date; the year is left out if it is the current one. */
  day: (at: number, today: number) => string
}

/** Numbers the calendar days of the browser's time zone; consecutive days differ by 1. */
export function toDayNumber(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / DAY_MS
}

/** Milliseconds from `now` until the next day begins, even if daylight saving time starts or ends today. */
export function msUntilMidnight(now: number): number {
  const date = new Date(now)
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime() - now
}

/** True if a message begins a new day. The first loaded message does, unless it is from today. */
export function beginsDay(at: number, previousAt: number | null, today: number): boolean {
  return toDayNumber(at) !== (previousAt === null ? today : toDayNumber(previousAt))
}

/** True for the first message, and for each one after a pause or on a new day. Others show their time on hover. */
export function showsTime(at: number, previousAt: number | null): boolean {
  return previousAt === null || at - previousAt >= QUIET_MS || toDayNumber(at) !== toDayNumber(previousAt)
}

/** Finds the user's regional variant of a language, for example `en-GB` for `en`, because regions write times differently. */
function regionalVariant(language: string): string {
  const [base] = language.split('-')
  if (base !== language) return language
  const preferred = globalThis.navigator?.languages ?? []
  return preferred.find((tag) => tag === base || tag.startsWith(`${base}-`)) ?? language
}

const formats = new Map<string, TimeFormat>()

/** Caches by locale, because creating `Intl` formats is slow. @param locale BCP 47 tag. */
export function getTimeFormat(locale: string): TimeFormat {
  const cached = formats.get(locale)
  if (cached) return cached
  const created = createTimeFormat(locale)
  formats.set(locale, created)
  return created
}

/** @param locale BCP 47 tag. */
export function createTimeFormat(locale: string): TimeFormat {
  const tag = regionalVariant(locale)
  const time = new Intl.DateTimeFormat(tag, { hour: 'numeric', minute: '2-digit' })
  const thisYear = new Intl.DateTimeFormat(tag, { weekday: 'long', day: 'numeric', month: 'long' })
  const anyYear = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'long', year: 'numeric' })
  const relative = new Intl.RelativeTimeFormat(tag, { numeric: 'auto' })
  const capitalised = (words: string) => words.charAt(0).toLocaleUpperCase(tag) + words.slice(1)
  return {
    time: (at) => time.format(at),
    date: (at) => anyYear.format(at),
    day(at, today) {
      const day = toDayNumber(at)
      if (day === today || day === today - 1) return capitalised(relative.format(day - today, 'day'))
      const isThisYear = new Date(at).getFullYear() === new Date(today * DAY_MS).getUTCFullYear()
      return (isThisYear ? thisYear : anyYear).format(at)
    },
  }
}
