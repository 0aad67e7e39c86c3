/**
 * The assistant's texts, for apps that replace only some of a table within them.
 *
 * @packageDocumentation
 */

export { defaultTexts } from './components/voice-agent/texts/en.js'
export type { VoiceAssistantTexts } from './components/voice-agent/texts/types.js'
