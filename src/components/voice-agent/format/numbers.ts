/** Keys of the figures in the statistics panel. */
export type Figure =
  | 'duration'
  | 'messages'
  | 'reconnects'
  | 'protocolErrors'
  | 'roundTrip'
  | 'jitter'
  | 'loss'
  | 'bitrate'
  | 'received'
  | 'sent'

/** Formats as `m:ss`, or as `h:mm:ss` from one hour on. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const pad = (part: number) => String(part).padStart(2, '0')
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`
}
