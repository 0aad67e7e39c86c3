import { readLog } from '../replay/read-log.js'
import { createAnalyticsFold } from './fold.js'
import type { AnalyticsReport } from './reports.js'

/**
 * Reports a recorded call, as `voiceAnalytics` did while it was made. With consent, `voiceAnalytics` adds times to actions, so the log has all
 * of them. In a log that was recorded without it, the times at the ear are null. Actions without a time take that of the log, or of the action
 * before.
 *
 * @param log Export of Redux DevTools as text or parsed, or a list of actions.
 * @param options Options of the recorded agent.
 * @param options.reducerPath Path under which the agent was mounted. @default 'voiceAgent'
 * @throws VoiceAgentError `invalid-option` if the log can't be read. The message contains nothing of the log.
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
