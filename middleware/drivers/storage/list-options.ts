import { VoiceAgentError } from '../../../store/index.js'
import type { ListOptions } from './ports.js'

/** @throws VoiceAgentError `invalid-option` */
export function checkListOptions({ limit, before }: ListOptions): void {
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
    throw new VoiceAgentError('invalid-option', 'limit must be a whole number above 0.')
  const isPlace =
    before === undefined || (typeof before?.id === 'string' && Number.isFinite(before.updatedAt))
  if (!isPlace) throw new VoiceAgentError('invalid-option', 'before must be a session of the list.')
}
