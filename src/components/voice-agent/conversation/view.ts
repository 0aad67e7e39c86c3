import { conversationTexts } from '../english/conversation.js'
import { useAssistantView, viewWith } from '../parts/view-context.js'

export const conversationView = viewWith(conversationTexts)

/** The assistant's view, with the texts of a conversation. */
export const useConversationView = () => conversationView(useAssistantView())
