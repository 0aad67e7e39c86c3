import type { VoiceErrorCode } from '../../../../store/index.js'

/** Explanation of one error or warning for developers. The *Error codes* page is generated from it. */
export interface Guide {
  /**
   * The person who can do something about it. In development, an error for `user` is not printed on the console, unless another error
   * caused it.
   */
  for: 'user' | 'developer' | 'both'
  /** One sentence that says what was expected, or what happened. */
  meaning: string
  causes: readonly string[]
  remedies: readonly string[]
}

const microphone = (
  meaning: string,
  cause: string,
  remedy = 'None in your code. The user can type meanwhile.',
): Guide => ({ for: 'user', meaning, causes: [cause], remedies: [remedy] })

/** Explains each error code. */
export const errorGuide: Record<VoiceErrorCode, Guide> = {
  'microphone-denied': microphone(
    '`getUserMedia` rejected with `NotAllowedError`, and the permission is `denied`.',
    'The user blocked the microphone for this site.',
  ),
  'microphone-dismissed': microphone(
    '`getUserMedia` rejected with `NotAllowedError`, and the permission is still `prompt`.',
    "The user closed the browser's prompt without a decision.",
    'Call `agent.retryMicrophone()` from a click to show the prompt again.',
  ),
  'microphone-denied-by-system': microphone(
    '`getUserMedia` rejected, because the operating system blocks the browser.',
    "The system's privacy settings block the browser.",
  ),
  'microphone-denied-by-policy': {
    for: 'both',
    meaning: "The page's permissions policy must allow `microphone`.",
    causes: [
      'The `Permissions-Policy` header lacks `microphone=(self)`.',
      'The page is in an `<iframe>` without `allow="microphone"`.',
    ],
    remedies: [
      'Send `Permissions-Policy: microphone=(self)`.',
      'Add `allow="microphone"` to the `<iframe>`.',
    ],
  },
  'microphone-missing': microphone('`getUserMedia` found no microphone.', 'No microphone is plugged in.'),
  'microphone-busy': microphone(
    '`getUserMedia` rejected with `NotReadableError`.',
    'Another app is using the microphone, or its driver failed.',
  ),
  'microphone-overconstrained': {
    for: 'both',
    meaning: '`getUserMedia` rejected with `OverconstrainedError`.',
    causes: ['No microphone meets the `exact`, `min` or `max` constraints of the option `audio`.'],
    remedies: ['In `audio`, use `ideal` instead of `exact`.'],
  },
  'microphone-unsupported': {
    for: 'both',
    meaning: '`navigator.mediaDevices` must exist. Browsers provide it only in a secure context.',
    causes: [
      'The page is served over plain HTTP from a host other than localhost.',
      'The browser is too old.',
    ],
    remedies: ['Serve the page over HTTPS.'],
  },
  'microphone-ended': microphone('The microphone track ended.', 'It was unplugged.'),
  'microphone-muted-by-system': microphone(
    'The system mutes the microphone track, so it sends silence.',
    'A hardware switch, or a phone call.',
  ),
  'token-refresh-failed': {
    for: 'both',
    meaning: '`refreshToken` must resolve to a token, but it rejected.',
    causes: [
      'The server is not running, `apiEndpoint` is wrong, or the server does not allow this origin (CORS).',
      'The route `POST {apiEndpoint}/token` does not exist, or did not answer with a 2xx status.',
      'Your `refreshToken` threw, or did not answer within 15 s.',
      'The answer is a token for another session, and no earlier token proved the requested session.',
    ],
    remedies: [
      'In your own `refreshToken`, catch and log the error to read its text.',
      "Request the default route with `curl -X POST -H 'Content-Type: application/json' -d '{}'` and check the status.",
    ],
  },
  'token-malformed': {
    for: 'both',
    meaning: 'The token answer must have `token`, `expiresAt` and a session id.',
    causes: [
      'A field is missing or has the wrong type.',
      '`expiresAt` is neither seconds, milliseconds nor ISO 8601.',
      'The route answered with HTML, such as the page of a single-page app.',
    ],
    remedies: [
      'Answer with `{ "token": "…", "expiresAt": 1790000000, "session_id": "…" }` as JSON.',
      'Your own `refreshToken` returns `{ token, expiresAt, sessionId }`.',
    ],
  },
  'token-expired': {
    for: 'both',
    meaning: 'The token expired, and could not be refreshed.',
    causes: ['The user was away for longer than the token was valid, and the refresh was refused.'],
    remedies: [
      'Let the token route accept an expired token as proof of the session, for as long as you choose.',
    ],
  },
  unauthorized: {
    for: 'both',
    meaning: 'The signalling server must accept the token, but it answered 401, even to a new token.',
    causes: [
      'The server that answers the offer verifies tokens with a different secret than the server that signs them.',
    ],
    remedies: [
      'Use the same secret, issuer and audience on both servers.',
      'Compare the clocks of both servers.',
    ],
  },
  'signalling-rejected': {
    for: 'both',
    meaning:
      'The signalling server must accept the offer, but it refused it with a final status or an invalid answer.',
    causes: [
      '`apiEndpoint` or `offerUrl` is wrong (404 or 405).',
      'The answer is not the JSON that the transport expects.',
      'The server is full, or no longer knows the session.',
    ],
    remedies: ['Compare the request in the Network tab with *The server protocol*.'],
  },
  'signalling-unavailable': {
    for: 'both',
    meaning:
      'The signalling server must answer within 15 s, but it did not, or it answered 408, 425, 429 or 5xx.',
    causes: [
      'The server is not running.',
      'CORS: a server on another origin must allow `Authorization`, `Content-Type`, `POST` and `PATCH`.',
      'The Content-Security-Policy does not list the server in `connect-src`.',
    ],
    remedies: ['Check the request in the Network tab, and look for CORS errors.'],
  },
  'agent-unreachable': {
    for: 'both',
    meaning: 'The agent must connect within 15 s and send its first message, but it did not.',
    causes: [
      'UDP is blocked between the browser and the agent, and there is no TURN server.',
      'The agent crashed after it answered the offer. Read its log.',
      'The bot has no RTVI processor, so it sends sound but no `bot-ready`.',
    ],
    remedies: [
      'Configure `iceServers` with a TURN server.',
      "Add the RTVI processor, which sends `bot-ready`, to the bot's pipeline.",
    ],
  },
  'relay-refused': {
    for: 'both',
    meaning:
      'Every TURN server must accept its credentials, but one answered 401, 403 or 441, and no path was found.',
    causes: ['The credentials in `iceServers` are wrong or have expired.'],
    remedies: ['Pass `iceServers` as a function. It is called for each connection.'],
  },
  'relay-unreachable': {
    for: 'both',
    meaning: 'A TURN server must answer, but none did, and no path was found.',
    causes: ['`iceServers` has a wrong address or port.', "The network blocks the TURN server's port."],
    remedies: ['Also offer `turns:` on port 443 over TCP.'],
  },
  'webrtc-unsupported': {
    for: 'both',
    meaning: 'The browser must have `RTCPeerConnection`, but has none.',
    causes: [
      'WebRTC is turned off in the browser, by an extension, or by a policy.',
      'The code runs outside a browser.',
    ],
    remedies: ['Offer another way to reach you, such as a text chat.'],
  },
  'agent-error': {
    for: 'both',
    meaning: "The agent reported an error. Its text is omitted, because it may repeat the user's words.",
    causes: ["One of the agent's services failed, such as its language model or its voice."],
    remedies: ["Read the agent's log. `error.providerCode` has the provider's code, if there is one."],
  },
  'protocol-error': {
    for: 'developer',
    meaning: 'A message from the agent did not match its protocol, and was ignored.',
    causes: [
      'The transport and the agent use different protocol versions.',
      'Another program writes to the data channel.',
    ],
    remedies: ['Compare the messages with the table in *The server protocol*.'],
  },
  'context-not-built': {
    for: 'developer',
    meaning:
      '`buildContext` must resolve to messages within 5 s, but it did not. The agent received the last messages instead.',
    causes: ['Your `buildContext` threw, took too long, or returned something other than messages.'],
    remedies: ['Read the cause. Return `{ role, text }` objects within 5 s.'],
  },
  'text-too-long': {
    for: 'user',
    meaning:
      'A text must fit into one message of the connection. The error message states the limit in bytes.',
    causes: ['The user typed or pasted a text that is longer than the agent accepts.'],
    remedies: [
      'Limit the length of texts in your own composer.',
      'Let the agent accept longer messages (`a=max-message-size`).',
    ],
  },
  'connection-lost': {
    for: 'user',
    meaning: 'An established connection ended. The call reconnects.',
    causes: ['The network changed or is down.', 'The agent crashed.'],
    remedies: ["If it happens occasionally, do nothing. If it happens in every call, read the agent's log."],
  },
  'call-moved': {
    for: 'user',
    meaning: 'The server reported that the session continues on another device.',
    causes: ['The user called from another device.'],
    remedies: ['None needed. `agent.connect()` takes the call back.'],
  },
  'reconnect-exhausted': {
    for: 'both',
    meaning: 'All reconnection attempts failed. The cause is the error of the last one.',
    causes: ['The network or the agent was down for longer than `reconnect` allows.'],
    remedies: ['Allow more attempts with `reconnect`, or let the user press *Try again*.'],
  },
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
    ],
    remedies: ["Import the key as `AES-KW` or `AES-GCM` with the usages `['wrapKey', 'unwrapKey']`."],
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
    meaning: '`persistence.consent` is false or `ask`: nothing is stored.',
    causes: ['The user has not agreed yet.'],
    remedies: ['Call `agent.setConsent(true)` when the user agrees.'],
  },
  'chunk-load-failed': {
    for: 'both',
    meaning: 'An `import()` of a part of the package failed.',
    causes: [
      'The network is down.',
      'A new release of your app removed the files of the version that this page started with.',
      'The Content-Security-Policy blocks your own scripts.',
    ],
    remedies: ["Keep the previous release's files on your server for a day.", 'Offer a reload.'],
  },
  'not-connected': {
    for: 'user',
    meaning: 'The request needs a call, but there is none, or it ended before the request was completed.',
    causes: ['Your app sent a text without a call.', 'The user ended the call meanwhile.'],
    remedies: ['Enable the control only if `selectIsCallWanted` is true.'],
  },
  'call-on': {
    for: 'user',
    meaning: 'The request is not allowed during a call.',
    causes: ['Your app called `agent.checkCall()` during a call.'],
    remedies: ['Disable the control while `selectIsCallWanted` is true.'],
  },
  'too-late': {
    for: 'user',
    meaning:
      'The request came too late: its text is already being sent, or its tool call already has a decision or an outcome.',
    causes: [
      'The user pressed a control twice.',
      'The agent cancelled the tool call, or the call ended meanwhile.',
      'Your code passed an id that does not belong to such a text or tool call.',
    ],
    remedies: ['None needed. Ignore the error, or show the current state.'],
  },
  superseded: {
    for: 'user',
    meaning: 'A later session request replaced this one.',
    causes: ['The user opened one conversation, and then another.'],
    remedies: ['None needed. Ignore the error.'],
  },
  'not-mounted': {
    for: 'developer',
    meaning:
      'The store must have `voiceAgent.reducer` under `voiceAgent.reducerPath`, and `voiceAgent.middleware`, but one of them is missing.',
    causes: [
      'The reducer or the middleware is not in `configureStore`.',
      'The reducer is under another key.',
      'Your code made a request before it created the store.',
    ],
    remedies: [
      'Add `[voiceAgent.reducerPath]: voiceAgent.reducer` to `reducer`.',
      'Add `.concat(voiceAgent.middleware)` to `middleware`.',
    ],
  },
  'invalid-option': {
    for: 'developer',
    meaning: 'An option, an argument, or a value that your code returned is invalid.',
    causes: ['The error message names the value, with what was expected and what was received.'],
    remedies: ['Compare the value with *Options*, or with the docstring of the method.'],
  },
  disposed: {
    for: 'developer',
    meaning: 'The agent was disposed, so it accepts no requests.',
    causes: ['The component that created the agent unmounted.', 'Your code called `dispose()`.'],
    remedies: ['Create the agent once, next to the store.'],
  },
  internal: {
    for: 'both',
    meaning: 'Something threw unexpectedly. The cause has the error.',
    causes: ['A callback of your app, such as a transport, threw.', 'The package has a bug.'],
    remedies: [
      'Read the cause. If it is not in your code, report it with the text of `voiceAgent.diagnose()`.',
    ],
  },
}
