import { assistantTexts } from './en-assistant.js'
import { panelTexts } from './en-panels.js'
import { watchTexts } from './en-watch.js'
import type { VoiceAssistantTexts } from './types.js'

/**
 * The English texts. To replace some entries of a nested table, spread the others from here.
 *
 * @example
 * import { defaultTexts } from 'redux-voice-agent/texts'
 *
 * const texts = { start: 'Anrufen', status: { ...defaultTexts.status, idle: 'Bereit' } }
 * <WebRTCVoiceAssistant texts={texts} />
 */
export const defaultTexts: VoiceAssistantTexts = { ...assistantTexts, ...panelTexts, ...watchTexts }
