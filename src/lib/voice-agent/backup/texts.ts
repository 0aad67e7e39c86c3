import type { BackupErrorCode } from './backup-error.js'

/** All texts of the backup's panel, for users. */
export interface BackupTexts {
  /** Language of the texts, as a BCP 47 tag. */
  locale: string
  title: string
  loading: string
  tryAgain: string
  cancel: string
  offTitle: string
  offText: string
  turnOn: string
  passphraseTitle: string
  passphraseText: string
  passphrase: string
  repeatPassphrase: string
  showPassphrase: string
  passphraseTooShort: (minLength: number) => string
  passphrasesDiffer: string
  next: string
  codeTitle: string
  codeText: string
  copyCode: string
  codeCopied: string
  codeKept: string
  confirmTitle: string
  confirmText: string
  recoveryCode: string
  showCode: string
  lockedTitle: string
  lockedText: string
  useCode: string
  usePassphrase: string
  unlock: string
  on: string
  /** @param date Day and time, in the language of the texts. */
  syncedAt: (date: string) => string
  notSynced: string
  offline: string
  syncNow: string
  automatic: string
  restoreAll: string
  /** Heading of the list, before and after its length is known. */
  conversations: string
  conversationCount: (count: number) => string
  messageCount: (count: number) => string
  here: string
  notHere: string
  /** Marks a version of a conversation that two devices continued. */
  copy: string
  restore: string
  /** Accessible names of the buttons of one conversation. Each begins with the text of its button. */
  restoreOne: (title: string) => string
  deleteOne: (title: string) => string
  showMore: string
  deleteTitle: string
  deleteText: (title: string) => string
  delete: string
  stop: string
  stopTitle: string
  stopText: string
  newDevice: string
  /** Operations that run. */
  turningOn: string
  unlocking: string
  syncing: string
  restoring: string
  deleting: string
  progress: (done: number, total: number) => string
  /** Outcomes. */
  turnedOn: string
  unlocked: string
  synced: (uploaded: number, deleted: number) => string
  restored: (restored: number, updated: number, copied: number) => string
  deleted: string
  stopped: string
  newDeviceMade: string
  /** Heads the list of conversations that were left out, each with its reason. */
  skipped: (count: number) => string
  /** Stands for the title of a conversation that the backup does not list. */
  unlisted: string
  /** Reason for a conversation that this browser can't read or write. */
  unreadable: string
  /** Shown for an error of this browser's storage, such as a full disk. */
  storageFailed: string
  errors: Record<BackupErrorCode, string>
}

const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`

/**
 * The English texts. Pass your own ones to the panel, for another language.
 *
 * @example
 * const text = error instanceof BackupError ? defaultBackupTexts.errors[error.code] : defaultBackupTexts.storageFailed
 */
export const defaultBackupTexts: BackupTexts = {
  locale: 'en',
  title: 'Backup',
  loading: 'Looking for your backup…',
  tryAgain: 'Try again',
  cancel: 'Cancel',
  offTitle: 'Back up your conversations',
  offText:
    'Your conversations are stored only in this browser. An encrypted backup protects them from loss, and brings them to your other devices. Only you can read it.',
  turnOn: 'Turn on the backup',
  passphraseTitle: 'Choose a passphrase',
  passphraseText: 'You need it to open the backup on another device. Several random words are a good choice.',
  passphrase: 'Passphrase',
  repeatPassphrase: 'Repeat the passphrase',
  showPassphrase: 'Show the passphrase',
  passphraseTooShort: (minLength) => `The passphrase is too short. Use at least ${minLength} characters.`,
  passphrasesDiffer: 'The two passphrases differ. Type the same one twice.',
  next: 'Next',
  codeTitle: 'Your recovery code',
  codeText:
    'Write it down and keep it in a safe place. If you forget your passphrase, only this code opens the backup. It is shown only now.',
  copyCode: 'Copy code',
  codeCopied: 'The code was copied.',
  codeKept: 'I have written it down',
  confirmTitle: 'Type your recovery code',
  confirmText: 'Type the code you wrote down, to check that it is correct. Then the backup is turned on.',
  recoveryCode: 'Recovery code',
  showCode: 'Show the code again',
  lockedTitle: 'Open your backup',
  lockedText:
    'You turned on a backup on another device, or earlier in this browser. Open it to use it here, too.',
  useCode: 'Use recovery code',
  usePassphrase: 'Use passphrase',
  unlock: 'Open the backup',
  on: 'The backup is on.',
  syncedAt: (date) => `Last sync: ${date}.`,
  notSynced: "This browser hasn't synced everything yet.",
  offline: 'You are offline. Conversations in this browser stay safe. Sync when you are online again.',
  syncNow: 'Sync now',
  automatic: 'Sync automatically',
  restoreAll: 'Restore all',
  conversations: 'Conversations in the backup',
  conversationCount: (number) =>
    number === 0 ? 'No conversations in the backup yet' : `${count(number, 'conversation')} in the backup`,
  messageCount: (number) => count(number, 'message'),
  here: 'in this browser',
  notHere: 'not in this browser',
  copy: 'copy',
  restore: 'Restore',
  restoreOne: (title) => `Restore: ${title}`,
  deleteOne: (title) => `Delete: ${title}`,
  showMore: 'Show more',
  deleteTitle: 'Delete this conversation everywhere?',
  deleteText: (title) =>
    `“${title}” is deleted in the backup and in this browser now, and on your other devices when they sync. You can't undo this.`,
  delete: 'Delete everywhere',
  stop: 'Stop using the backup here',
  stopTitle: 'Stop using the backup in this browser?',
  stopText:
    'The backup stays, and so do the conversations in this browser. To use the backup here again, you need your passphrase or your recovery code.',
  newDevice: 'Continue as a new device',
  turningOn: 'Turning on the backup…',
  unlocking: 'Opening the backup…',
  syncing: 'Syncing…',
  restoring: 'Restoring…',
  deleting: 'Deleting…',
  progress: (done, total) => `${done} of ${total}`,
  turnedOn: 'Your conversations are backed up.',
  unlocked: 'The backup is open. Restore the conversations that you want in this browser.',
  synced: (uploaded, deleted) =>
    [
      uploaded === 0 ? 'Everything is synced.' : `Synced ${count(uploaded, 'conversation')}.`,
      ...(deleted > 0 ? [`Deleted ${count(deleted, 'conversation')} that another device deleted.`] : []),
    ].join(' '),
  restored: (restored, updated, copied) =>
    [
      ...(restored > 0 ? [`Restored ${count(restored, 'conversation')}.`] : []),
      ...(updated > 0 ? [`Added new messages to ${count(updated, 'conversation')}.`] : []),
      ...(copied > 0 ? [`Kept ${count(copied, 'other version')} as a copy.`] : []),
    ].join(' ') || 'There was nothing to restore: this browser has everything.',
  deleted: 'The conversation was deleted.',
  stopped: 'This browser no longer uses the backup.',
  newDeviceMade: 'This browser continues as a new device.',
  skipped: (number) => `${count(number, 'conversation')} left out:`,
  unlisted: 'A conversation in this browser',
  unreadable: "It can't be read in this browser.",
  storageFailed: "This browser's storage can't be used right now. Reload to try again.",
  errors: {
    'backup-unsupported':
      "This browser or this page can't use the backup. Update the browser, or use another one.",
    'backup-locked': "The backup isn't open in this browser. Open it first.",
    'backup-exists': 'You have a backup already. Open it with its passphrase or its recovery code.',
    'backup-missing':
      "This doesn't open a backup. Use your passphrase if you tried the code, or the code instead.",
    'backup-secret-wrong': "This doesn't open your backup. Check it, then try again.",
    'backup-code-mistyped':
      'A character of the code is wrong or missing. Compare it with what you wrote down.',
    'backup-unreachable': "The backup can't be reached. Check your internet connection, then try again.",
    'backup-rolled-back':
      "The backup is older than it was before. Conversations in this browser weren't changed. Ask the people who run this app.",
    'backup-forked':
      'A copy of this browser uses the same backup. Continue as a new device, so that both can use it.',
    'backup-altered':
      "A part of the backup was changed and can't be used. Conversations in this browser weren't changed. Ask the people who run this app.",
    'backup-incomplete':
      "A part of the backup is missing. Conversations in this browser weren't changed. Try again later.",
    'backup-newer': 'The backup was made with a newer version of this app. Reload to get that version.',
    'backup-session-missing': 'This conversation is no longer in the backup.',
    'backup-session-open': 'This conversation is open in a tab. Close it there, then try again.',
  },
}
