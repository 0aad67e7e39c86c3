/** What buttons open: loaded when the browser is idle, and at the latest when one is pressed. */
export { ConversationsPanel } from './ConversationsPanel.js'
export { DevicePanel } from './DevicePanel.js'
export { StatisticsPanel } from './StatisticsPanel.js'
