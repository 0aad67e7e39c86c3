import type {
  AgentContinuation,
  AudioDeviceKind,
  ConnectionQuality,
  DeviceFallback,
  MessageRole,
  MicrophoneTrouble,
  RestoreReason,
  ToolCall,
  VoiceError,
} from '../../../../store/index.js'
import type { Figure } from '../format/numbers.js'
import type { StatusKind } from '../parts/status-of.js'

/** Texts of everything except the panels. */
export interface AssistantTexts {
  /** Their language, as a BCP 47 tag: times and dates are written in it, with the habits of the user's region where that is known. */
  locale: string
  /** Name of the whole assistant, unless the `title` prop gives one. */
  title: string
  /** Accessible names of regions. */
  connection: string
  conversation: string
  controls: string
  /** Names of buttons. */
  start: string
  cancel: string
  end: string
  tryAgain: string
  mute: string
  interrupt: string
  send: string
  newConversation: string
  devices: string
  statistics: string
  conversations: string
  /** The composer. */
  message: string
  messagePlaceholder: string
  /** Why *Send* does nothing, by what is missing. */
  sendNeedsCall: string
  sendNeedsConnection: string
  /** The status line. */
  status: Record<StatusKind, string>
  /** What it becomes after some seconds of the same. */
  stillConnecting: string
  stillThinking: string
  quality: Record<ConnectionQuality, string>
  /** Instead of messages. */
  emptyIdle: string
  emptyConnecting: string
  emptyConnected: string
  emptyFailed: string
  restoring: string
  loadingEarlier: string
  /** Names of buttons. */
  retryNow: string
  tapToHear: string
  dismiss: string
  jumpToLatest: string
  loadEarlier: string
  /** The messages. */
  author: Record<MessageRole, string>
  earlier: string
  interrupted: string
  userSpeaking: string
  spoken: (seconds: number) => string
  /** A call of one of the app's tools, whose name may be empty. Here an app says it in words of its own. */
  toolCall: (call: ToolCall) => string
  /** In the place of messages that can't be read any more. */
  gap: (count: number) => string
  /** Restoration. */
  restored: string
  continuation: Record<AgentContinuation, string>
  continuePrompt: string
  /** Some messages of a restored conversation could not be opened. */
  restoreLost: (count: number) => string
  restoreFailed: string
  restoreReason: Record<RestoreReason, string>
  /** Trouble. */
  error: (error: VoiceError) => string
  /** `maxAttempts` is null where nobody knows how often it is tried. */
  reconnectingIn: (seconds: number, attempt: number, maxAttempts: number | null) => string
  reconnectingNow: (attempt: number, maxAttempts: number | null) => string
  /** While a call is to go on and the browser has no network. */
  offline: string
  playbackBlocked: string
  microphone: Record<MicrophoneTrouble, string>
  deviceFallback: Record<AudioDeviceKind, Record<DeviceFallback['reason'], string>>
  storageMemory: string
  /** What only screen readers are told. */
  announceConnected: string
  announceReconnecting: string
  announceReconnected: string
  announceEnded: string
  announceInterrupted: string
  announceRestored: (count: number) => string
}

/** Those of the panels that buttons open. */
export interface PanelTexts {
  /** The list of stored conversations. */
  earlierConversations: string
  backToConversation: string
  thisConversation: string
  messageCount: (count: number) => string
  openElsewhere: string
  noEarlierConversations: string
  conversationsFailed: string
  /** Deleting one of them; `deleteConversationOf` is given its day and time. */
  deleteConversation: string
  deleteConversationOf: (title: string) => string
  deleteQuestion: string
  deleteMeans: string
  deleteEndsCall: string
  deleteElsewhere: string
  delete: string
  conversationDeleted: string
  conversationNotDeleted: string
  conversationNotOpened: string
  /** The device menu. */
  microphoneDevice: string
  speakerDevice: string
  promptForSpeaker: string
  volume: string
  /** @param name What the default stands for, where that is known. */
  defaultDevice: (name: string | null) => string
  devicesUnnamed: string
  noDevices: string
  /** Statistics. */
  figures: Record<Figure, string>
  /** A figure that nobody has measured. */
  unmeasured: string
  /** Instead of plots, before the first measurement. */
  nothingMeasured: string
  milliseconds: (ms: number) => string
  /** @param ratio 0 to 1. */
  percent: (ratio: number) => string
  /** @param rate Bits a second. */
  bitrate: (rate: number) => string
  /** What a plot shows, in words. */
  plot: (
    figure: string,
    values: { lowest: string; highest: string; latest: string; seconds: number },
  ) => string
}

/** Every string that the assistant shows or speaks. Override those you want by the `texts` prop. */
export interface VoiceAssistantTexts extends AssistantTexts, PanelTexts {}
