/**
 * True in WebKitGTK's MiniBrowser. It has no microphone permission to query, no StorageManager and no idle callbacks, and scripts can't
 * open windows. Tests that need one of these are skipped there.
 */
export const isWebKit = /AppleWebKit/.test(navigator.userAgent) && !/Chrome/.test(navigator.userAgent)
