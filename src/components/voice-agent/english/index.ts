import type { VoiceAssistantTexts } from '../texts.js'
import { conversationTexts } from './conversation.js'
import { frameTexts } from './frame.js'
import { panelTexts } from './panels.js'

/**
 * The English texts. To replace some of a table within them, spread it.
 *
 * @example
 * import { defaultTexts } from 'redux-voice-agent/texts'
 *
 * const texts = { start: 'Anrufen', status: { ...defaultTexts.status, idle: 'Bereit' } }
 * <WebRTCVoiceAssistant texts={texts} />
 */
export const defaultTexts: VoiceAssistantTexts = { ...frameTexts, ...conversationTexts, ...panelTexts }
