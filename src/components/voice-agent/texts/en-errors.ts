import type { VoiceErrorCode } from '../../../../store/index.js'

/** Shared by codes that only a bug in the app can cause: the user can do nothing else. */
const brokenPage = "This page doesn't work as it should. Reload it, or try again later."
const signInFailed = "Couldn't sign in to the voice agent. Try again."
const networkBlocked =
  "The call can't get through from this network right now. Try again, or use another network."

/** User-facing text for each error code. */
export const errorTexts: Record<VoiceErrorCode, string> = {
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
  'signalling-rejected': 'The agent did not accept the call. Try again later.',
  'signalling-unavailable': "Couldn't connect. Try again.",
  'agent-unreachable': 'The agent did not answer. Try again.',
  'relay-refused': networkBlocked,
  'relay-unreachable': networkBlocked,
  'agent-error': 'The agent reported an error. Try again.',
  'protocol-error': "A message from the agent couldn't be read. The call continues.",
  'context-not-built': 'The agent may not know the whole conversation. The call continues.',
  'text-too-long': 'This text is too long to send. Shorten it, or send it in parts.',
  'connection-lost': 'Connection lost. Try again.',
  'call-moved': 'This conversation continues on another device.',
  'reconnect-exhausted': "Couldn't reconnect. Try again.",
  'session-unreadable':
    "The earlier conversation can't be opened in this tab. It was left unchanged. You can start a new one.",
  'session-newer':
    'This conversation was saved by a newer version of this app. It was left unchanged. Reload to update.',
  'session-missing': 'This conversation is no longer stored in this browser. You can start a new one.',
  'session-open-elsewhere': 'This conversation is open in another tab. Close it there, then try again.',
  'session-exists': 'This conversation is already stored in this browser. It was left unchanged.',
  'session-recovered':
    "This conversation was continued in another tab. This tab's last messages were saved as a separate one.",
  'session-rolled-back':
    'The last messages are missing: this browser has only an older copy of the conversation.',
  'session-busy': 'This conversation is changing too fast to be saved as a file. Try again after the call.',
  'tab-unreachable': "The tab that has this conversation didn't answer. Try again, or use it here.",
  'value-unreadable':
    "Some of this page's stored data can't be opened. It was left unchanged. Reload to try again.",
  'value-rolled-back':
    "This browser has only an older copy of some of this page's data. The older copy is used.",
  'key-unavailable':
    "The key to the conversations in this browser isn't available right now. Reload to try again.",
  'key-wrong':
    'The conversations in this browser need another key or passphrase. They were left unchanged. Check your passphrase, or sign in again.',
  'storage-unavailable': "Messages won't survive a reload.",
  'storage-unreachable': "Stored conversations can't be reached right now. Try again, or reload the page.",
  'storage-newer':
    'A newer version of this app is open in another tab. Reload this page to update. Until then, messages are not saved.',
  'storage-quota':
    "The browser's storage is full, so nothing new can be saved. Delete conversations that you no longer need.",
  'storage-write-failed': "The last messages couldn't be saved yet. Saving is retried automatically.",
  'change-failed': "This couldn't be stored in this browser. Nothing was changed. Try again.",
  'tab-storage-full':
    "This tab's own storage is full. After a reload, choose this conversation from your earlier ones.",
  erased: 'All stored conversations were deleted in this browser. Reload to start again.',
  'erase-failed': "Stored conversations couldn't be deleted. Try again.",
  'passphrase-wrong': "The passphrase doesn't open this file. Nothing was changed. Check it and try again.",
  'file-damaged':
    'This file is damaged, or is not a saved conversation. Nothing was changed. Try another copy.',
  'file-truncated': 'The end of this file is missing. Nothing was changed. Copy or download it again.',
  'file-newer': 'This file was saved by a newer version of this app. Nothing was changed. Reload to update.',
  'consent-missing': 'This conversation is not saved in this browser, because you have not allowed it.',
  'chunk-load-failed':
    "A part of this page couldn't be loaded. Check your network and try again, or reload it.",
  'not-connected': 'There is no call. Start the conversation first.',
  'call-on': 'This is not possible during a call. End the call, then try again.',
  'too-late': 'This was already sent, decided or ended.',
  superseded: 'This was cancelled, because you started something else. Try again if you still need it.',
  'not-mounted': brokenPage,
  'invalid-option': brokenPage,
  disposed: 'The voice agent was closed. Reload the page to use it again.',
  internal: 'Something went wrong in the voice agent. Try again, or reload the page.',
}
