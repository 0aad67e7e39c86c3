/**
 * True in WebKitGTK's MiniBrowser. It has no microphone permission that a page could query, no StorageManager and no idle callbacks,
 * and opens no window for a script. Tests that need one of them are skipped there.
 */
export const isWebKit = /AppleWebKit/.test(navigator.userAgent) && !/Chrome/.test(navigator.userAgent)
