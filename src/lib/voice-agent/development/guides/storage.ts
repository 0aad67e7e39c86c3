import type { Guides } from './guide.js'

/** Stored sessions and values, their keys, and exported files. */
export const storageGuides = {
  'session-unreadable': {
    for: 'both',
    meaning: 'A stored conversation could not be decrypted or parsed. It was left unchanged.',
    causes: ['Its key is missing or different, or its records were changed.', 'Your `migrate` threw.'],
    remedies: [
      "Call `sessionManager.check()`, which reports why it can't be opened. Deleting it is up to the user.",
    ],
  },
  'session-newer': {
    for: 'user',
    meaning:
      'A stored conversation has a higher version than this build of your app supports. It was left unchanged.',
    causes: [
      'A newer version of your app stored it, with a higher `persistence.version` or a newer package.',
      'You rolled back to an older version of your app.',
    ],
    remedies: ['Ask the user to reload the page.', 'Publish the newer version again.'],
  },
  'session-missing': {
    for: 'user',
    meaning: 'No session with this id is stored in this browser, for this scope.',
    causes: [
      'It was deleted here or in another tab, or it expired.',
      'It belongs to another `scope` or `databaseName`.',
    ],
    remedies: ['Call `listSessions()` again.'],
  },
  'session-open-elsewhere': {
    for: 'user',
    meaning: 'Only one tab at a time can open a session, and another tab has this one open.',
    causes: ['The session is open in another tab.'],
    remedies: ['Show it with `sessionManager.openReadOnly(id)`.'],
  },
  'session-exists': {
    for: 'both',
    meaning: "A session with the new session's id is already stored. It was left unchanged.",
    causes: ['Your token route returned an id that it had returned before.'],
    remedies: ['Give every new session a new random id.'],
  },
  'session-recovered': {
    for: 'user',
    meaning: "Another tab continued the session. This tab's last messages are stored as a separate session.",
    causes: ['The tab was frozen, and another tab took over its session.'],
    remedies: ['None needed. Both conversations are in the list.'],
  },
  'session-rolled-back': {
    for: 'user',
    meaning: 'The stored session is older than the one that this browser had saved.',
    causes: ['The browser profile was restored from a backup, or lost its last writes.'],
    remedies: ['None. The missing messages are not on this device.'],
  },
  'session-busy': {
    for: 'user',
    meaning: 'A conversation must not change while it is exported, but it changed during every attempt.',
    causes: ['A call in this tab or another one keeps adding messages.'],
    remedies: ['Export it after the call.'],
  },
  'tab-unreachable': {
    for: 'user',
    meaning: 'A tab that mirrors a conversation got no answer in time from the tab that has it open.',
    causes: ['The browser froze that tab, a dialog blocks it, or it is busy.', 'It was closed a moment ago.'],
    remedies: ['None in your code. The user can try again, or press *Use here*.'],
  },
  'value-unreadable': {
    for: 'both',
    meaning:
      'A value of `createEncryptedStorage` could not be decrypted. It was left unchanged, and writes to its key reject.',
    causes: [
      'Its key is missing or different, or its record was changed.',
      'A newer version of your app stored it.',
      'Code between the storage and your reducer threw, and `guard` or `quarantine` protected the value.',
    ],
    remedies: ['Read the cause. `removeItem(key)` deletes the value and ends the quarantine.'],
  },
  'value-rolled-back': {
    for: 'user',
    meaning: 'A value of `createEncryptedStorage` is older than the one that this browser had stored.',
    causes: ['The browser profile was restored from a backup, or lost its last writes.'],
    remedies: ['None. The newer value is not on this device.'],
  },
  'key-unavailable': {
    for: 'both',
    meaning: '`persistence.keyProvider` must resolve to a `CryptoKey` within 20 s.',
    causes: [
      'It rejected, or did not resolve in time.',
      "It resolved to something else, or to a key that can't wrap and unwrap.",
      'It is a `passkeyKeyProvider` that the user has not unlocked in this page.',
    ],
    remedies: [
      'With a passkey, call `unlock()` from a click, and create the agent after that.',
      "Import your own key as `AES-KW` or `AES-GCM` with the usages `['wrapKey', 'unwrapKey']`.",
    ],
  },
  'key-wrong': {
    for: 'user',
    meaning: 'The key from `persistence.keyProvider` does not open the stored data. Nothing was changed.',
    causes: ['The user typed another passphrase.', "Your server returned another user's key."],
    remedies: [
      'Check the passphrase with `verifyPassphrase` before you create the agent.',
      'Give each user a `scope`.',
    ],
  },
  'storage-unavailable': {
    for: 'both',
    meaning: 'IndexedDB and WebCrypto must be available and must answer in time.',
    causes: [
      'The page is served over plain HTTP.',
      'The window is in private mode, or cookies are blocked.',
      'The disk is full or broken.',
    ],
    remedies: ['Serve the page over HTTPS.'],
  },
  'storage-unreachable': {
    for: 'user',
    meaning:
      'The storage is open, but did not answer in time, or refused a request. The request can be repeated.',
    causes: [
      'The disk is busy, or another page blocks the database.',
      'The browser closed the database and did not open it again.',
    ],
    remedies: ['Let the user try again, or reload the page.'],
  },
  'storage-newer': {
    for: 'user',
    meaning:
      'The database has a higher version than this build of your app supports. Nothing in it was changed.',
    causes: [
      'Another tab loaded a newer version of your app.',
      'You rolled back to an older version of your app.',
    ],
    remedies: ['Ask the user to reload the page.', 'Publish the newer version again.'],
  },
  'storage-quota': {
    for: 'user',
    meaning: "The browser's quota is used up. The call continues, and new messages stay in memory.",
    causes: ["The device's disk is full.", 'Your site stores a lot of data.'],
    remedies: ['Choose conversations to delete in `persistence.onQuotaExceeded`.'],
  },
  'storage-write-failed': {
    for: 'user',
    meaning: 'A write to the storage failed. It will be retried.',
    causes: ['The disk did not answer, or the browser closed the database.'],
    remedies: ['None needed, unless it persists. Then read the cause.'],
  },
  'change-failed': {
    for: 'user',
    meaning:
      'A change that the user requested, such as an import or a rename, could not be stored. Nothing was changed.',
    causes: ['The disk did not answer, or the browser closed the database.'],
    remedies: ['Let the user try again. Unlike a save, it is not retried automatically.'],
  },
  'tab-storage-full': {
    for: 'both',
    meaning: "The tab's sessionStorage needs room for a few hundred bytes.",
    causes: ['Another script on the page has filled it.'],
    remedies: ['Store less in sessionStorage.'],
  },
  erased: {
    for: 'user',
    meaning: 'Another tab called `eraseAll()`. This page stores nothing until it reloads.',
    causes: ['The user signed out or deleted everything in another tab.'],
    remedies: ['Reload the page.'],
  },
  'erase-failed': {
    for: 'both',
    meaning: 'The storage refused to delete everything, or did not answer. Nothing was deleted.',
    causes: ['A frozen page holds the database open.', 'The disk failed.'],
    remedies: ['Call `eraseAll()` again.'],
  },
  'passphrase-wrong': {
    for: 'user',
    meaning: 'The passphrase does not open the file.',
    causes: ['The user typed another one.'],
    remedies: ['Ask again.'],
  },
  'file-damaged': {
    for: 'user',
    meaning: 'The file is not an exported conversation, or it was changed.',
    causes: ['The user chose another file, or the file was damaged in transfer.'],
    remedies: ['Ask for another copy.'],
  },
  'file-truncated': {
    for: 'user',
    meaning: 'The end of the file is missing.',
    causes: ['A download or a copy was interrupted.'],
    remedies: ['Ask for another copy.'],
  },
  'file-newer': {
    for: 'user',
    meaning:
      'The file has a newer format, or a higher `persistence.version`, than this build of your app supports.',
    causes: ['It was exported by a newer version of your app.'],
    remedies: ['Ask the user to reload the page, or update the package.'],
  },
  'consent-missing': {
    for: 'user',
    meaning:
      "`persistence.consent` is false or `ask`: nothing is stored, and a conversation from an earlier visit can't be deleted on its own.",
    causes: ['The user has not agreed yet.'],
    remedies: [
      'Call `agent.setConsent(true)` when the user agrees.',
      'Call `sessionManager.eraseAll()` to delete everything that is stored.',
    ],
  },
} satisfies Guides
