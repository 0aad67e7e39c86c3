import type { ToolCall, VoiceErrorCode } from '../../../../store/index.js'
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

/** A server can ask for a long wait with `Retry-After`. */
const formatWait = (seconds: number) => (seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`)

const signInFailed = "Couldn't sign in to the voice agent. Try again."
const networkBlocked =
  "The call can't get through from this network right now. Try again, or use another network."

/** User-facing texts of the errors that end a call or silence its microphone, which must be explained without another request. */
export const callErrorTexts = {
  'microphone-denied':
    "Microphone blocked. Allow it in your browser's site settings. Until then, you can type.",
  'microphone-dismissed': "Microphone access wasn't allowed. Try again and choose Allow, or type.",
  'microphone-denied-by-system':
    "Your system blocks the microphone for this browser. Allow it in the system's privacy settings, or type.",
  'microphone-denied-by-policy': "This page isn't allowed to use a microphone. You can type instead.",
  'microphone-missing': 'No microphone found. Plug one in, or type.',
  'microphone-busy': 'Another app is using the microphone. Close it, or type.',
  'microphone-overconstrained':
    "Your microphone doesn't meet this page's requirements. Choose another one, or type.",
  'microphone-unsupported': "This page or browser can't use a microphone. You can type instead.",
  'microphone-ended': 'The microphone was disconnected. Plug it in again, or type.',
  'microphone-muted-by-system':
    'The microphone is muted by your system or by a switch on the device. Unmute it there, or type.',
  'token-refresh-failed': signInFailed,
  'token-malformed': "Couldn't connect. Try again later.",
  'token-expired': 'Your sign-in has expired. Try again, or start a new conversation.',
  unauthorized: signInFailed,
  'signalling-rejected': "The agent didn't accept the call. Try again later.",
  'signalling-unavailable': "Couldn't connect. Try again.",
  'agent-unreachable': "The agent didn't answer. Try again.",
  'relay-refused': networkBlocked,
  'relay-unreachable': networkBlocked,
  'webrtc-unsupported':
    "This browser can't make calls. Turn on WebRTC in its settings, or use another browser.",
  'agent-error': 'The agent reported an error. Try again.',
  'connection-lost': 'Connection lost. Try again.',
  'call-moved': 'This conversation continues on another device.',
  'reconnect-exhausted': "Couldn't reconnect. Try again.",
  'chunk-load-failed':
    "A part of this page couldn't be loaded. Check your network and try again, or reload it.",
  internal: 'Something went wrong in the voice agent. Try again, or reload the page.',
} as const satisfies Partial<Record<VoiceErrorCode, string>>

export const assistantTexts: AssistantTexts = {
  locale: 'en',
  title: 'Voice assistant',
  connection: 'Connection',
  conversation: 'Conversation',
  controls: 'Call',
  start: 'Start conversation',
  continueConversation: 'Continue conversation',
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
  sendNeedsCall: 'Start or continue the conversation to send a message.',
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
  emptyPrompting: 'Allow the microphone when your browser asks.',
  emptyConnected: 'Say hello, or type a message.',
  emptyFailed: 'There is no connection to the agent.',
  restoring: 'Restoring your conversation…',
  loadingEarlier: 'Loading…',
  retryNow: 'Retry now',
  useHere: 'Use here',
  showHere: 'Show here',
  playSound: 'Play sound',
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
    fresh: "The agent doesn't remember the earlier conversation.",
  },
  continuePrompt: 'Press Continue to pick up where you left off.',
  conversationSaved: 'Your conversation is saved.',
  reconnectingIn: (seconds, attempt, maxAttempts) =>
    `Connection lost. Retrying in ${formatWait(seconds)} (${formatAttempt(attempt, maxAttempts)}).`,
  reconnectingNow: (attempt, maxAttempts) =>
    `Connection lost. Reconnecting${attempt > 1 ? ` (${formatAttempt(attempt, maxAttempts)})` : ''}…`,
  offline: "You're offline. The call reconnects when the network is back.",
  seemsOffline: 'You seem to be offline.',
  playbackBlocked: 'Your browser paused the sound.',
  announceReconnecting: 'Connection lost. Reconnecting.',
}
