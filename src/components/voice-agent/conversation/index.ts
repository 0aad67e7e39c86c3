/** What shows what was said and what came up: loaded as soon as there is an assistant. */

export { announcementOf } from '../notices/announcements.js'
export { NoticeSlot } from '../notices/NoticeSlot.js'
export { conversationStyles } from '../styles/conversation.js'
export { Turns } from '../transcript/Turns.js'
export { CallFigures } from './CallFigures.js'
export { LevelMeter } from './LevelMeter.js'
export { conversationView } from './view.js'
