import { lazy } from 'react'
import type { Message } from 'redux-voice-agent'
import { VoiceAssistantText } from 'redux-voice-agent/react'

/** Loaded with the first message of the agent. Until then, and if it can't be loaded, the assistant shows the plain text. */
const RichText = lazy(async () => ({ default: (await import('./RichText.js')).RichText }))

/** The text of a message: the agent's as Markdown, the user's as plain text. */
export function AgentMessage({ message: { role, text, status } }: { message: Message }) {
  return role === 'assistant' ? (
    <RichText text={text} isGrowing={status === 'streaming'} />
  ) : (
    <VoiceAssistantText text={text} />
  )
}
