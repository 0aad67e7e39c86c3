import type { ToolCall } from '../../../../store/index.js'
import { errorTexts } from './en-errors.js'
import type { AssistantTexts } from './types.js'

/** Converts `addToCart` and `add_to_cart` to "Add to cart". */
function toTitle(name: string): string {
  const words = name
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .trim()
    .toLowerCase()
  return words === '' ? 'An action' : words.charAt(0).toUpperCase() + words.slice(1)
}

const toolOutcomes: Record<ToolCall['status'], string> = {
  running: '…',
  completed: '',
  failed: ': failed',
  cancelled: ': cancelled',
  'awaiting-approval': '?',
  declined: ': declined',
  unknown: ': outcome unknown',
}

const formatAttempt = (attempt: number, maxAttempts: number | null) =>
  maxAttempts === null ? `attempt ${attempt}` : `attempt ${attempt} of ${maxAttempts}`

export const assistantTexts: AssistantTexts = {
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
  talk: 'Hold to talk',
  addVoice: 'Turn on the microphone',
  interrupt: 'Interrupt the agent',
  send: 'Send',
  newConversation: 'New conversation',
  devices: 'Microphone and speaker',
  statistics: 'Statistics',
  conversations: 'Conversations',
  closeSheet: 'Close the assistant',
  openWindow: 'Open in a small window',
  inWindow: 'The assistant is in a small window.',
  closeWindow: 'Bring it back',
  windowFailed: "The small window couldn't be opened. Try again.",
  checkCall: 'Check sound and connection',
  closeCheck: 'Close the check',
  checkNotLoaded: "The check couldn't be loaded. Try again.",
  message: 'Message',
  messagePlaceholder: 'Type a message',
  sendNeedsCall: 'Start the conversation to send a message.',
  sendWaits: 'Your message will be sent once you are connected.',
  status: {
    restoring: 'Restoring…',
    idle: 'Ready',
    connecting: 'Connecting…',
    prompting: 'Allow the microphone',
    listening: 'Listening',
    hearing: 'Hearing you',
    thinking: 'Thinking…',
    'awaiting-approval': 'Approval needed',
    speaking: 'Speaking',
    muted: "You're muted",
    'push-to-talk': 'Hold to talk',
    'typing-only': 'Typing only',
    reconnecting: 'Reconnecting…',
    disconnected: 'Conversation ended',
    failed: 'Not connected',
  },
  stillConnecting: 'Still connecting…',
  stillThinking: 'Still thinking…',
  quality: {
    excellent: 'Excellent connection',
    good: 'Good connection',
    poor: 'Weak connection',
    lost: 'No connection',
  },
  emptyIdle: 'Press Start and say hello.',
  emptyConnecting: 'One moment, the agent is on its way.',
  emptyConnected: 'Say hello, or type a message.',
  emptyFailed: 'There is no connection to the agent. Try again when you are ready.',
  restoring: 'Restoring your conversation…',
  loadingEarlier: 'Loading…',
  retryNow: 'Retry now',
  useHere: 'Use here',
  showHere: 'Show here',
  mirror: {
    offered: 'This conversation is open in another tab.',
    connecting: 'Looking for the tab with this conversation…',
    live: "You're viewing another tab's conversation. The microphone and the sound are in that tab.",
    gone: 'The tab with this conversation is closed. You can continue here.',
    moving: 'Moving the conversation here…',
  },
  tapToHear: 'Tap to hear',
  dismiss: 'Dismiss',
  jumpToLatest: 'Jump to latest',
  jumpToUnseen: (count) => `Jump to latest: ${count === 1 ? '1 new message' : `${count} new messages`}`,
  loadEarlier: 'Load earlier messages',
  author: { user: 'You', assistant: 'Agent', system: 'Note', tool: 'Action' },
  earlier: 'Earlier',
  interrupted: 'Interrupted',
  pending: 'Waiting to be sent',
  notSent: 'Not sent',
  userSpeaking: 'Speaking…',
  spoken: (seconds) => `Spoken, ${seconds.toFixed(1)} s`,
  toolCall: ({ name, status, cancelledBy }) =>
    toTitle(name) +
    (cancelledBy ? ': cancelled, because the page was reloaded before you decided' : toolOutcomes[status]),
  gap: (count) => (count === 1 ? "1 message can't be read" : `${count} messages can't be read`),
  restored: 'Conversation restored',
  continuation: {
    resumed: 'The agent picks up where you left off.',
    reseeded: 'The agent was reminded of the last messages.',
    fresh: 'The agent does not remember the earlier conversation.',
  },
  continuePrompt: 'Press Start to continue.',
  restoreLost: (count) =>
    `${count === 1 ? '1 earlier message' : `${count} earlier messages`} can't be read. The rest of the conversation is complete.`,
  restoreFailed: "The earlier conversation can't be opened in this tab.",
  restoreReason: {
    'no-session': 'There is no earlier conversation.',
    'duplicated-tab': 'It is open in another tab.',
    'open-in-another-tab': 'It is open in another tab.',
    'token-unreadable': "Your sign-in for it can't be read.",
    'token-expired': 'Your sign-in for it has expired.',
    'token-refresh-failed': "Your sign-in for it couldn't be renewed. Reload to try again.",
    'session-missing': 'It is no longer stored in this browser.',
    'session-unreadable': 'It is damaged, or its key is missing. It was left unchanged.',
    'storage-unavailable': "Your browser's storage is not available. Reload to try again.",
    'call-had-ended': 'The call had ended.',
    'reconnect-not-wanted': 'Automatic reconnect is turned off.',
    'microphone-not-permitted': 'Press Start to allow the microphone again.',
    'reconnect-failed': "The agent couldn't be reached. Press Start to try again.",
    superseded: 'Another one was opened.',
  },
  errors: errorTexts,
  conversationSaved: 'Your conversation is saved.',
  reconnectingIn: (seconds, attempt, maxAttempts) =>
    `Connection lost. Retrying in ${seconds} s (${formatAttempt(attempt, maxAttempts)}).`,
  reconnectingNow: (attempt, maxAttempts) =>
    `Connection lost. Reconnecting${attempt > 1 ? ` (${formatAttempt(attempt, maxAttempts)})` : ''}…`,
  offline: "You're offline. The call reconnects when the network is back.",
  playbackBlocked: 'Your browser paused the sound.',
  deviceFallback: {
    microphone: {
      lost: 'Your microphone was disconnected. The system default is used now.',
      unavailable: "This microphone couldn't be opened. The previous one is still in use.",
    },
    speaker: {
      lost: 'Your speaker was disconnected. The system default is used now.',
      unavailable: "This speaker couldn't be used. The previous one is still in use.",
    },
  },
  announceConnected: 'Connected.',
  announceReconnecting: 'Connection lost. Reconnecting.',
  announceReconnected: 'Reconnected.',
  announceEnded: 'The conversation has ended.',
  endedIdle: 'The conversation has ended because nothing was said for a while.',
  announceInterrupted: 'The agent was interrupted.',
  announceRestored: (count) =>
    count === 1 ? '1 earlier message restored.' : `${count} earlier messages restored.`,
  announcePending: 'Your message will be sent once you are connected.',
  announceNotSent: 'Your message was not sent.',
}
