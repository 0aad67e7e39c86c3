import type {
  AgentContinuation,
  AudioDeviceKind,
  ConnectionQuality,
  DeviceFallback,
  MessageRole,
  MirrorStatus,
  RestoreReason,
  TalkMode,
  ToolCall,
  VoiceErrorCode,
} from '../../../../store/index.js'
import type { CallCheckStep } from '../../../lib/voice-agent/check/call-check.js'
import type { Figure } from '../format/numbers.js'
import type { Announcements } from '../notices/announcement-scope.js'
import type { StatusKind } from '../selectors.js'
import type { CallWarning } from '../watch/warnings.js'

/** Texts of everything that is loaded with the component. */
export interface AssistantTexts {
  /** Language of the texts, as a BCP 47 tag. Times and dates are formatted in it, for the user's region if the browser knows it. */
  locale: string
  /** Name of the assistant, unless the `title` prop is set. */
  title: string
  /** Accessible names of regions. */
  connection: string
  conversation: string
  controls: string
  /** Names of buttons. */
  start: string
  /** Replaces `start` if there are messages. */
  continueConversation: string
  cancel: string
  end: string
  tryAgain: string
  mute: string
  /** The push-to-talk button, and the one that turns on the microphone in a text-only call. */
  talk: string
  addVoice: string
  interrupt: string
  send: string
  newConversation: string
  devices: string
  statistics: string
  conversations: string
  /** Name of the button that closes the sheet. */
  closeSheet: string
  /** The button that moves the assistant into a small window, the page's placeholder, the button that brings it back, and an error. */
  openWindow: string
  inWindow: string
  closeWindow: string
  windowFailed: string
  /** Names of the button for the check before a call, and its error. */
  checkCall: string
  closeCheck: string
  checkNotLoaded: string
  /** The composer. */
  message: string
  messagePlaceholder: string
  /** Explain why *Send* is inactive, or what it does before the call is connected. */
  sendNeedsCall: string
  sendWaits: string
  /** The status line. */
  status: Record<StatusKind, string>
  /** Status after some seconds of connecting or thinking. */
  stillConnecting: string
  stillThinking: string
  quality: Record<ConnectionQuality, string>
  /** Shown instead of messages. */
  emptyIdle: string
  emptyConnecting: string
  /** Shown while the browser asks for the microphone. */
  emptyPrompting: string
  emptyConnected: string
  emptyFailed: string
  restoring: string
  loadingEarlier: string
  /** Names of buttons. */
  retryNow: string
  /** Label of the button that takes the call back from another device. */
  useHere: string
  /** Label of the button that shows another tab's conversation without taking it over. */
  showHere: string
  playSound: string
  dismiss: string
  jumpToLatest: string
  /** Name of the same button while there are unseen messages. */
  jumpToUnseen: (count: number) => string
  loadEarlier: string
  /** Messages. */
  author: Record<MessageRole, string>
  earlier: string
  interrupted: string
  /** Shown at a text that is waiting to be sent, and at an unsent one, beside the button `tryAgain`. */
  pending: string
  notSent: string
  userSpeaking: string
  spoken: (seconds: number) => string
  /** A call of one of the app's tools; its name may be empty. Replace it to name your tools. */
  toolCall: (call: ToolCall) => string
  /** Shown in place of messages that can't be read. */
  gap: (count: number) => string
  /** Restoration. */
  restored: string
  continuation: Record<AgentContinuation, string>
  continuePrompt: string
  /** Appended to the error that ended the call, if the browser reports no network. It may be wrong: a VPN can still reach the agent. */
  seemsOffline: string
  /** Appended to the error that ended the call, if the conversation is stored in this browser. */
  conversationSaved: string
  /** `maxAttempts` is null if the number of attempts is unlimited or unknown. `seconds` can be an hour, because servers name waits with `Retry-After`. */
  reconnectingIn: (seconds: number, attempt: number, maxAttempts: number | null) => string
  reconnectingNow: (attempt: number, maxAttempts: number | null) => string
  /** Shown while the agent wants to reconnect and the browser has no network. */
  offline: string
  playbackBlocked: string
  /** Announced for `reconnectingIn`, which changes every second. */
  announceReconnecting: string
}

/** Texts of the panels that buttons open, and of the notices and announcements that are loaded with them. */
export interface PanelTexts {
  /** Notices in a tab that mirrors another one, or could. */
  mirror: Record<MirrorStatus, string>
  /** Some messages of a restored conversation can't be read. */
  restoreLost: (count: number) => string
  restoreFailed: string
  restoreReason: Record<RestoreReason, string>
  /** One for each error code: what happened, and what the user can do. */
  errors: Record<VoiceErrorCode, string>
  deviceFallback: Record<AudioDeviceKind, Record<DeviceFallback['reason'], string>>
  /** Announcements for screen readers. */
  announceConnected: string
  announceReconnected: string
  announceEnded: string
  /** Shown and announced instead, if the call ended because the user was idle. */
  endedIdle: string
  announceInterrupted: string
  announceRestored: (count: number) => string
  announcePending: string
  announceNotSent: string
  /** The list of stored conversations. */
  earlierConversations: string
  backToConversation: string
  thisConversation: string
  messageCount: (count: number) => string
  openElsewhere: string
  noEarlierConversations: string
  conversationsFailed: string
  /** Deleting a conversation. `title` is its day and time. */
  deleteConversation: string
  deleteConversationOf: (title: string) => string
  /** Renaming a conversation. `automaticName` is the placeholder of an empty field, with which the first words are the name. */
  renameConversation: string
  renameConversationOf: (title: string) => string
  /** Names of the field. */
  conversationName: string
  nameOf: (title: string) => string
  automaticName: string
  saveName: string
  conversationRenamed: string
  conversationNotRenamed: string
  /** Asked before *New conversation* ends a call. */
  newConversationQuestion: string
  newConversationMeans: string
  deleteQuestion: string
  deleteMeans: string
  deleteEndsCall: string
  deleteElsewhere: string
  delete: string
  conversationDeleted: string
  conversationNotDeleted: string
  conversationNotOpened: string
  /** Shows the next page of the list. */
  moreConversations: string
  /** Announces the number of conversations that were added to the list. */
  conversationsAdded: (count: number) => string
  /** A conversation that is open in another tab, and read-only here. */
  backToList: string
  readOnlyElsewhere: string
  /** The other tab has released it. */
  readOnlyReleased: string
  openHere: string
  /** Searching all stored conversations. */
  search: string
  searching: string
  searchFound: (count: number) => string
  messageNotFound: string
  /** Actions on the text of the open conversation. */
  conversationText: string
  copyText: string
  saveText: string
  printText: string
  textCopied: string
  textSaved: string
  textNotRead: string
  /** The encrypted file of a conversation. */
  exportConversation: string
  exportConversationOf: (title: string) => string
  exportQuestion: string
  exportMeans: string
  exportConfirm: string
  importConversation: string
  importMeans: string
  importConfirm: string
  conversationExported: string
  conversationImported: string
  file: string
  fileMissing: string
  passphrase: string
  repeatPassphrase: string
  passphraseMissing: string
  passphrasesDiffer: string
  /** @param share Used share of the browser's storage, 0 to 1. */
  storageAlmostFull: (share: number) => string
  /** A tool call that is waiting for the user. `toolCall` names it. */
  approvalNeeded: string
  approve: string
  decline: string
  /** The device menu. `talkModes` are the ways to talk. */
  talkMode: string
  talkModes: Record<TalkMode, string>
  /** Label of the setting for what screen readers announce, and names of its options. */
  announcements: string
  announcementScopes: Record<Announcements, string>
  microphoneDevice: string
  speakerDevice: string
  promptForSpeaker: string
  volume: string
  /** @param name Name of the default device, if it is known. */
  defaultDevice: (name: string | null) => string
  devicesUnnamed: string
  noDevices: string
  /** Statistics. */
  figures: Record<Figure, string>
  /** A figure without a measurement. */
  unmeasured: string
  /** Shown instead of plots before the first measurement. */
  nothingMeasured: string
  /** Diagnosis for developers. */
  copyDiagnosis: string
  diagnosisCopied: string
  diagnosisNotCopied: string
  diagnosisFailed: string
  milliseconds: (ms: number) => string
  /** @param ratio 0 to 1. */
  percent: (ratio: number) => string
  /** @param rate Bits per second. */
  bitrate: (rate: number) => string
  /** Description of a plot. */
  plot: (
    figure: string,
    values: { lowest: string; highest: string; latest: string; seconds: number },
  ) => string
}

/** Texts of the call watch: `idleTimeout` and `callWarnings`. */
export interface WatchTexts {
  /** Warns that the call ends because the user is idle. */
  idleEndsIn: (seconds: number) => string
  /** Name of the button that prevents it. */
  keepTalking: string
  callWarnings: Record<CallWarning, string>
}

/** Texts of the check before a call. */
export interface CheckTexts {
  checkSteps: Record<CallCheckStep['name'], string>
  /** Status of a step that has not passed. */
  checkStatus: Record<Exclude<CallCheckStep['status'], 'passed'>, string>
  checkPassed: Record<CallCheckStep['name'], string>
  /** The microphone is silent. */
  checkSilent: string
  /** No relay is configured. */
  checkNoRelay: string
}

/** All texts that the assistant shows or announces. Replace some with the `texts` prop. */
export interface VoiceAssistantTexts extends AssistantTexts, PanelTexts, WatchTexts, CheckTexts {}

/** Texts that are loaded with the component, with the app's replacements. */
export type LoadedTexts = AssistantTexts & Partial<VoiceAssistantTexts>

/** The same with the texts that are loaded with the panels. */
export type AllTexts = LoadedTexts & PanelTexts
