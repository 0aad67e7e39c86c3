import { call } from './call.js'
import { forcedColors } from './forced-colors.js'
import { messages } from './messages.js'
import { notice } from './notice.js'
import { pointer } from './pointer.js'

/** What messages, notices, a call and a pointer need, in the layer of everything else and after it. */
export const conversationStyles = `@layer rva {${pointer}${messages}${notice}${call}${forcedColors}}`
