/**
 * The assistant's default texts, for apps that replace only some entries of a nested table.
 *
 * @packageDocumentation
 */

export { defaultTexts } from './components/voice-agent/texts/en.js'
export type { VoiceAssistantTexts } from './components/voice-agent/texts/types.js'
