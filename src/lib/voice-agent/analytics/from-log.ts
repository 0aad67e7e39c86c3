import { readLog } from '../replay/read-log.js'
import { createAnalyticsFold } from './fold.js'
import type { AnalyticsReport } from './reports.js'

/**
 * Returns the reports of a recorded call, like `voiceAnalytics` for a live one. With consent, `voiceAnalytics` adds times to actions, so the
 * log has all of them. In a log recorded without it, the times at the ear are null. Actions without a time use the log's, or the previous
 * action's.
 *
 * @param log Redux DevTools export, as text or parsed, or a list of actions.
 * @param options The recorded agent's options.
 * @param options.reducerPath Path under which the agent was mounted. @default 'voiceAgent'
 * @throws VoiceAgentError `invalid-option` if the log can't be read. The message contains nothing from the log.
 * @example
 * const turns = reportsOf(await readFile('call.json', 'utf8')).filter(({ kind }) => kind === 'turn')
 */
export function reportsOf(log: unknown, options: { reducerPath?: string } = {}): AnalyticsReport[] {
  const fold = createAnalyticsFold(options)
  let state = fold.initial
  const reports: AnalyticsReport[] = []
  for (const { action, at } of readLog(log).actions) {
    const folded = fold.next(state, action, at)
    state = folded.state
    reports.push(...folded.reports.map(({ report }) => report))
  }
  return [...reports, ...fold.finish(state).reports.map(({ report }) => report)]
}
