import { createContext } from 'react'
import type { VoiceAssistantTexts } from 'redux-voice-agent/react'
import { ar } from './ar.js'
import { de } from './de.js'

const locales: Record<string, VoiceAssistantTexts> = { de, ar }

/** Texts of the toolbar's language. */
export const LocaleContext = createContext<Partial<VoiceAssistantTexts>>({})

export const textsOf = (locale: unknown): Partial<VoiceAssistantTexts> => locales[String(locale)] ?? {}
