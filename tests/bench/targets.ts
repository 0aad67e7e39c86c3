import type { Report, Row } from './types.js'

/** A performance target from issue 3, with the measured value. */
export interface Target {
  name: string
  value: number
  limit: number
  isReached: boolean
}

const target = (name: string, value: number, limit: number): Target => ({
  name,
  value,
  limit,
  isReached: value <= limit,
})

/** Returns the targets for which this run has the rows. */
export function targetsOf({ rows, leastSave, streaming }: Report): Target[] {
  const row = (engine: Row['engine'], messages: number) =>
    rows.find((each) => each.engine === engine && each.messages === messages)
  const ours = (messages: number) => row('redux-voice-agent', messages)
  const targets: Target[] = []

  const usual = row('redux-persist', 10_000)
  const ten = ours(10_000)
  if (usual && ten) {
    const name = 'blocked per save at 10,000, of redux-persist'
    targets.push(target(name, ten.blockedMsPerSave / usual.blockedMsPerSave, 1 / 500))
    const beyondReducers =
      (ten.blockedMsPerSave - ten.reducerMsPerSave) / (usual.blockedMsPerSave - usual.reducerMsPerSave)
    targets.push(target(`${name}, without the reducers`, beyondReducers, 1 / 500))
    if (leastSave) {
      const least = leastSave.blockedMsPerSave / usual.blockedMsPerSave
      targets.push(target('the same of one encryption and one put', least, 1 / 500))
    }
  }
  const few = ours(100)
  const many = ours(100_000)
  if (few && many) {
    const against = '100,000 against 100:'
    targets.push(
      target(`${against} blocked per save`, many.blockedMsPerSave / few.blockedMsPerSave, 1.5),
      target(
        `${against} blocked per save, without the reducers`,
        (many.blockedMsPerSave - many.reducerMsPerSave) / (few.blockedMsPerSave - few.reducerMsPerSave),
        1.5,
      ),
      target(`${against} bytes per save`, many.bytesPerSave / few.bytesPerSave, 1.5),
      target(`${against} time to the newest messages`, many.newestMs / few.newestMs, 1.5),
      target('milliseconds to the newest messages at 100,000', many.newestMs, 10),
    )
  }
  for (const { engine, messages, allMs } of rows) {
    const least = row('floor', messages)
    if (engine !== 'redux-voice-agent' || !least) continue
    targets.push(
      target(
        `time to all of ${messages.toLocaleString('en')} messages, of the floor`,
        allMs / least.allMs,
        1.3,
      ),
    )
  }
  const [on, off, alone] = streaming
  if (on && off && alone) {
    targets.push(
      target('streaming: share of the main thread beyond persistence: false', on.share - off.share, 0.01),
      target('streaming: share of the main thread beyond the reducer alone', on.share - alone.share, 0.01),
      target('streaming: long tasks', on.longTasks.length, 0),
    )
  }
  return targets
}

function shown(value: number): string {
  if (Number.isInteger(value)) return String(value)
  return value < 0.05
    ? `${value.toFixed(5)}${value > 0 ? ` (1/${(1 / value).toFixed(0)})` : ''}`
    : value.toFixed(2)
}

export const targetLine = ({ name, value, limit, isReached }: Target) =>
  `${isReached ? 'reached    ' : 'NOT reached'} ${name}: ${shown(value)}, wanted at most ${shown(limit)}`
