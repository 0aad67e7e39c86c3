import { useAssistantView, viewWith } from '../parts/view-context.js'
import { conversationTexts } from '../texts/en-conversation.js'

export const conversationView = viewWith(conversationTexts)

/** The assistant's view, with the texts of a conversation. */
export const useConversationView = () => conversationView(useAssistantView())
