import { assistantTexts } from './en-assistant.js'
import { panelTexts } from './en-panels.js'
import type { VoiceAssistantTexts } from './types.js'

/**
 * The English texts. To replace some of a table within them, spread it.
 *
 * @example
 * import { defaultTexts } from 'redux-voice-agent/texts'
 *
 * const texts = { start: 'Anrufen', status: { ...defaultTexts.status, idle: 'Bereit' } }
 * <WebRTCVoiceAssistant texts={texts} />
 */
export const defaultTexts: VoiceAssistantTexts = { ...assistantTexts, ...panelTexts }
