import { useId, useState, useSyncExternalStore } from 'react'
import type { SentReport } from 'redux-voice-agent/analytics'
import { analytics, chooseAnalytics, shownReports } from '../analytics.js'

const seconds = (ms: number | null) => (ms === null ? 'not measured' : `${(ms / 1000).toFixed(2)} s`)

/** The most important figure of a report. */
function headlineOf(report: SentReport): string {
  if (report.kind === 'turn') {
    const { turn, outcome, heardMs, firstSoundMs } = report
    return `Turn ${turn}: ${outcome}. Latency at the ear: ${seconds(heardMs)}; by the server's reports: ${seconds(firstSoundMs)}`
  }
  if (report.kind === 'connection') {
    const { connection, end, network } = report
    return `Connection ${connection}: ${end}. Quality (MOS): ${network.mos ?? 'not measured'}`
  }
  if (report.kind === 'restore') return `Restore: ${report.conversation}, ${seconds(report.durationMs)}`
  return `Visit: ${report.turns} turns, ${report.end}`
}

/** Turns call reports on, and shows the latest of each kind. */
export function CallReports() {
  const reports = useSyncExternalStore(shownReports.subscribe, shownReports.get)
  const [isOn, setIsOn] = useState(analytics.consent)
  const heading = useId()
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>Call reports</h2>
      <label className="choice">
        <input
          type="checkbox"
          name="analytics"
          checked={isOn}
          onChange={({ target }) => {
            chooseAnalytics(target.checked)
            setIsOn(target.checked)
          }}
        />
        Measure my calls, but not what is said. The reports stay on this page.
      </label>
      {isOn && reports.length === 0 && (
        <p>Talk to the assistant. A turn is reported when the next answer begins.</p>
      )}
      {reports.map((report) => (
        <details key={report.kind} data-report={report.kind}>
          <summary>{headlineOf(report)}</summary>
          <pre>{JSON.stringify(report, null, 2)}</pre>
        </details>
      ))}
    </section>
  )
}
