import type { VoiceErrorCode } from '../../../../store/index.js'
import { callErrorTexts } from './en-assistant.js'

/** Shared by codes that only a bug in the app can cause: the user can do nothing else. */
const brokenPage = "This page doesn't work as it should. Reload it, or try again later."

/** User-facing text for each error code. */
export const errorTexts: Record<VoiceErrorCode, string> = {
  ...callErrorTexts,
  'protocol-error': "A message from the agent couldn't be read. The call continues.",
  'context-not-built': 'The agent may not know the whole conversation. The call continues.',
  'text-too-long': 'This text is too long to send. Shorten it, or send it in parts.',
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
    "A newer version of this app is open in another tab. Reload this page to update. Until then, messages aren't saved.",
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
    "This file is damaged, or isn't a saved conversation. Nothing was changed. Try another copy.",
  'file-truncated': 'The end of this file is missing. Nothing was changed. Copy or download it again.',
  'file-newer': 'This file was saved by a newer version of this app. Nothing was changed. Reload to update.',
  'consent-missing': "This conversation isn't saved in this browser, because you haven't allowed it.",
  'not-connected': 'There is no call. Start the conversation first.',
  'call-on': "This isn't possible during a call. End the call, then try again.",
  'too-late': 'This was already sent, decided or ended.',
  superseded: 'This was cancelled, because you started something else. Try again if you still need it.',
  'not-mounted': brokenPage,
  'invalid-option': brokenPage,
  disposed: 'The voice agent was closed. Reload the page to use it again.',
}
