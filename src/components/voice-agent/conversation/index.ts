/** What shows what was said and what came up: loaded as soon as there is an assistant. */

export { conversationStyles } from '../styles/conversation.js'
export { announcementOf } from './announcements.js'
export { CallFigures } from './CallFigures.js'
export { LevelMeter } from './LevelMeter.js'
export { NoticeSlot } from './NoticeSlot.js'
export { Turns } from './Turns.js'
export { conversationView } from './view.js'
