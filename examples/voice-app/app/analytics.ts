import { type AnalyticsSink, type SentReport, voiceAnalytics } from 'redux-voice-agent/analytics'

const key = 'labs/analytics'

/** The latest report of each kind, newest first. Shown on the page *Labs*, and sent nowhere. */
let shown: readonly SentReport[] = []
const listeners = new Set<() => void>()

function show(reports: readonly SentReport[]): void {
  shown = reports
  for (const listener of listeners) listener()
}

const toPage: AnalyticsSink = ({ reports }) => {
  const newest = [...reports].reverse().concat(shown)
  show(newest.filter(({ kind }, index) => newest.findIndex((other) => other.kind === kind) === index))
}

export const analytics = voiceAnalytics({
  consent: localStorage.getItem(key) === 'on',
  flushMs: 500,
  sinks: [toPage],
})

export const shownReports = {
  get: (): readonly SentReport[] => shown,
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
}

/** Takes effect immediately. Withdrawing consent also clears the reports on the page. */
export function chooseAnalytics(isOn: boolean): void {
  localStorage.setItem(key, isOn ? 'on' : 'off')
  analytics.setConsent(isOn)
  if (!isOn) show([])
}
