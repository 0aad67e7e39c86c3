/** Reports are text-free by type: none of their fields accepts arbitrary strings. */
import { createVoiceAgent } from 'redux-voice-agent'
import {
  type AnalyticsReport,
  type AnalyticsSink,
  beaconSink,
  type ConnectionReport,
  openTelemetrySink,
  reportsOf,
  type TurnReport,
  voiceAnalytics,
} from 'redux-voice-agent/analytics'
import { expectTypeOf } from 'vitest'

/** Names of fields that accept arbitrary strings, including nested ones. */
type TextFields<T> = T extends object
  ? { [Name in keyof T]: string extends T[Name] ? Name : TextFields<T[Name]> }[keyof T]
  : never
expectTypeOf<TextFields<AnalyticsReport>>().toBeNever()
expectTypeOf<TextFields<{ kind: 'turn'; nested: { text: string } }>>().toEqualTypeOf<'text'>()

expectTypeOf<TurnReport['outcome']>().toEqualTypeOf<'answered' | 'interrupted' | 'cut-off' | 'unanswered'>()
expectTypeOf<ConnectionReport['network']['mos']>().toEqualTypeOf<number | null>()
expectTypeOf(reportsOf('')).toEqualTypeOf<AnalyticsReport[]>()

const sink: AnalyticsSink = async ({ reports }, { isLeaving }) => {
  expectTypeOf(reports[0]?.session).toEqualTypeOf<string | null | undefined>()
  expectTypeOf(isLeaving).toEqualTypeOf<boolean>()
}
const analytics = voiceAnalytics({ sinks: [sink, beaconSink('/reports')] })
createVoiceAgent({ apiEndpoint: '/api', analytics })
// @ts-expect-error
voiceAnalytics({ consent: true })
// @ts-expect-error
openTelemetrySink({})
// @ts-expect-error
createVoiceAgent({ apiEndpoint: '/api', analytics: { sinks: [] } })
