import { attemptOf, outcomeOf, plainWords, wordsOf } from './english-words.js'
import type { VoiceAssistantTexts } from './texts.js'

/**
 * The English texts. To replace some of a table within them, spread it.
 *
 * @example
 * <WebRTCVoiceAssistant texts={{ start: 'Anrufen', status: { ...defaultTexts.status, idle: 'Bereit' } }} />
 */
export const defaultTexts: VoiceAssistantTexts = {
  locale: 'en',
  title: 'Voice assistant',
  connection: 'Connection',
  conversation: 'Conversation',
  controls: 'Call',

  start: 'Start conversation',
  cancel: 'Cancel',
  end: 'End conversation',
  tryAgain: 'Try again',
  mute: 'Mute microphone',
  interrupt: 'Interrupt the agent',
  send: 'Send',
  newConversation: 'New conversation',
  retryNow: 'Retry now',
  tapToHear: 'Tap to hear',
  dismiss: 'Dismiss',
  devices: 'Microphone and speaker',
  statistics: 'Statistics',
  promptForSpeaker: 'Choose a speaker…',
  jumpToLatest: 'Jump to latest',
  loadEarlier: 'Load earlier messages',

  message: 'Message',
  messagePlaceholder: 'Type a message',
  sendNeedsCall: 'Start the conversation to send a message.',
  sendNeedsConnection: 'You can send as soon as the connection is there.',

  status: {
    restoring: 'Restoring…',
    idle: 'Ready',
    connecting: 'Connecting…',
    prompting: 'Allow the microphone to talk',
    listening: 'Listening',
    hearing: 'Hearing you',
    thinking: 'Thinking…',
    speaking: 'Speaking',
    muted: "You're muted",
    'typing-only': 'Typing only',
    reconnecting: 'Reconnecting…',
    disconnected: 'Conversation ended',
    failed: 'Not connected',
  },
  stillConnecting: 'Still connecting…',
  stillThinking: 'Still thinking…',

  emptyIdle: 'Press Start and say hello.',
  emptyConnecting: 'One moment, the agent is on its way.',
  emptyConnected: 'Say hello, or type a message.',
  emptyFailed: 'Nothing has been said yet.',
  restoring: 'Restoring your conversation…',
  loadingEarlier: 'Loading…',
  author: { user: 'You', assistant: 'Agent', system: 'Note', tool: 'Action' },
  earlier: 'Earlier',
  interrupted: 'Interrupted',
  userSpeaking: 'Speaking…',
  spoken: (seconds) => `Spoken, ${seconds.toFixed(1)} s`,
  toolCall: ({ name, status }) => wordsOf(name) + outcomeOf[status],
  gap: (count) => (count === 1 ? "1 message can't be read" : `${count} messages can't be read`),

  restored: 'Conversation restored',
  continuation: {
    resumed: 'The agent is back where you were.',
    reseeded: 'The agent was reminded of the last messages.',
    fresh: 'The agent does not remember the earlier conversation.',
  },
  continuePrompt: 'Press Start to go on.',
  restoreLost: (count) =>
    `${count === 1 ? '1 earlier message' : `${count} earlier messages`} can't be read. All others are there.`,
  restoreFailed: "The earlier conversation can't be opened in this tab.",
  restoreReason: {
    'no-session': 'There was none.',
    'duplicated-tab': 'It is open in another tab.',
    'open-in-another-tab': 'It is open in another tab.',
    'token-unreadable': 'Its access token could not be read.',
    'token-expired': 'Its access has expired.',
    'token-refresh-failed': 'Its access could not be renewed. Reload to try again.',
    'session-missing': 'It is no longer stored in this browser.',
    'session-unreadable': 'Its key is gone or it was changed. It is kept as it is.',
    'storage-unavailable': 'The browser gives no access to its storage.',
    'call-had-ended': 'The call had ended.',
    'reconnect-not-wanted': 'The call was not to go on by itself.',
    'microphone-not-permitted': 'Your browser asks before it opens the microphone again.',
    'reconnect-failed': 'The agent could not be reached.',
  },

  conversations: 'Conversations',
  earlierConversations: 'Earlier conversations',
  backToConversation: 'Back to the conversation',
  thisConversation: 'This conversation',
  messageCount: (count) => (count === 1 ? '1 message' : `${count} messages`),
  openElsewhere: 'open in another tab',
  noEarlierConversations: 'There are none in this browser.',
  conversationsFailed: "They can't be read right now.",
  deleteConversation: 'Delete this conversation',
  deleteConversationOf: (title) => `Delete the conversation of ${title}`,
  deleteQuestion: 'Delete this conversation?',
  deleteMeans: "All that was said in it is removed from this browser. This can't be undone.",
  deleteEndsCall: 'The call ends.',
  deleteElsewhere: 'The other tab that has it open loses it too.',
  delete: 'Delete',
  conversationDeleted: 'Conversation deleted.',
  conversationNotDeleted: 'The conversation could not be deleted. Try again.',
  conversationNotOpened: "That conversation can't be opened: it is gone, or open in another tab.",

  error: ({ code, message }) => plainWords[code] ?? message,
  reconnectingIn: (seconds, attempt, maxAttempts) =>
    `Connection lost. Retrying in ${seconds} s (${attemptOf(attempt, maxAttempts)}).`,
  reconnectingNow: (attempt, maxAttempts) =>
    attempt > 1
      ? `Connection lost. Reconnecting (${attemptOf(attempt, maxAttempts)})…`
      : 'Connection lost. Reconnecting…',
  offline: "You're offline. The call goes on when the network is back.",
  playbackBlocked: 'Your browser paused the sound.',
  microphone: {
    denied: "Microphone blocked. Allow it in your browser's site settings. Until then, you can type.",
    dismissed: 'The microphone is not allowed yet. Try again and choose Allow, or type.',
    'denied-by-system':
      "Your system keeps the microphone from this browser. Allow it in the system's privacy settings, or type.",
    'denied-by-policy': 'This page may not use a microphone. You can type.',
    missing: 'No microphone found. Plug one in, or type.',
    busy: 'Another app is using the microphone. Close it, or type.',
    overconstrained: 'No microphone here does what this page asks for. Choose another one, or type.',
    unsupported: 'A microphone needs a secure page. Open this one over HTTPS, or type.',
    ended: 'The microphone was disconnected. Plug it in again, or type.',
  },
  deviceFallback: {
    microphone: {
      lost: "Your microphone was disconnected. The system's default is used now.",
      unavailable: 'That microphone could not be opened. The one before it is still used.',
    },
    speaker: {
      lost: "Your speaker was disconnected. The system's default is used now.",
      unavailable: 'That speaker could not be used. The one before it still is.',
    },
  },
  storageMemory: "Messages won't survive a reload.",

  microphoneDevice: 'Microphone',
  speakerDevice: 'Speaker',
  volume: 'Volume',
  defaultDevice: (name) => (name === null ? "System's default" : `System's default (${name})`),
  devicesUnnamed: 'Your devices are listed here once the microphone is allowed.',
  noDevices: 'No microphone found. Plug one in, or type.',

  quality: {
    excellent: 'Excellent connection',
    good: 'Good connection',
    poor: 'Weak connection',
    lost: 'No connection',
  },
  figures: {
    duration: 'Duration',
    messages: 'Messages',
    reconnects: 'Reconnects',
    protocolErrors: 'Unreadable',
    roundTrip: 'Round trip',
    jitter: 'Jitter',
    loss: 'Lost',
    bitrate: 'Bitrate',
    received: 'Received',
    sent: 'Sent',
  },
  unmeasured: '–',
  nothingMeasured: 'The network is measured while a call is on.',
  milliseconds: (ms) => `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`,
  percent: (ratio) => `${ratio < 0.1 ? Number((ratio * 100).toFixed(1)) : Math.round(ratio * 100)} %`,
  bitrate: (rate) => `${Math.round(rate / 1000)} kbit/s`,
  plot: (figure, { lowest, highest, latest, seconds }) =>
    `${figure} in the last ${seconds} s: from ${lowest} to ${highest}, now ${latest}`,

  announceConnected: 'Connected.',
  announceReconnecting: 'Connection lost. Reconnecting.',
  announceReconnected: 'Reconnected.',
  announceEnded: 'The conversation has ended.',
  announceInterrupted: 'The agent was interrupted.',
  announceRestored: (count) =>
    count === 1 ? '1 earlier message restored.' : `${count} earlier messages restored.`,
}
