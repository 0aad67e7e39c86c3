/** Panels that buttons open. Loaded when the browser is idle, or when the user opens one. */
export { computeAnnouncement } from '../notices/announcements.js'
export { ConversationsPanel } from './ConversationsPanel.js'
export { DevicePanel } from './DevicePanel.js'
export { guardFocus } from './guard-focus.js'
export { NewConversationDialog } from './NewConversationDialog.js'
export { createPress } from './press.js'
export { StatisticsPanel } from './StatisticsPanel.js'
export { ToolApproval } from './ToolApproval.js'
