import type { VoiceErrorCode } from '../../../../store/index.js'

/** Explanation of one error or warning for developers. The page of the docs is made from it. */
export interface Guide {
  /**
   * Reader who can do something about it. During development, an error for `user` is not printed on the console, unless another error has
   * caused it.
   */
  for: 'user' | 'developer' | 'both'
  /** One sentence: what is expected, or what has happened. */
  meaning: string
  causes: readonly string[]
  remedies: readonly string[]
}

const microphone = (
  meaning: string,
  cause: string,
  remedy = 'None in the code: the user can type meanwhile.',
): Guide => ({ for: 'user', meaning, causes: [cause], remedies: [remedy] })

/** Explains each error code. */
export const errorGuide: Record<VoiceErrorCode, Guide> = {
  'microphone-denied': microphone(
    '`getUserMedia` rejected with `NotAllowedError`, and the permission is `denied`.',
    'The user has blocked the microphone for this site.',
  ),
  'microphone-dismissed': microphone(
    '`getUserMedia` rejected with `NotAllowedError`, and the permission is still `prompt`.',
    "The user has closed the browser's prompt without a decision.",
    'Call `agent.retryMicrophone()` from a click: it shows the prompt again.',
  ),
  'microphone-denied-by-system': microphone(
    '`getUserMedia` rejected, because the system refuses the browser.',
    "The system's privacy settings block the browser.",
  ),
  'microphone-denied-by-policy': {
    for: 'both',
    meaning: 'The page must have the permission policy `microphone`.',
    causes: [
      'A `Permissions-Policy` header without `microphone=(self)`.',
      'An `<iframe>` without `allow="microphone"`.',
    ],
    remedies: [
      'Send `Permissions-Policy: microphone=(self)`.',
      'Add `allow="microphone"` to the `<iframe>`.',
    ],
  },
  'microphone-missing': microphone('`getUserMedia` found no microphone.', 'None is plugged in.'),
  'microphone-busy': microphone(
    '`getUserMedia` rejected with `NotReadableError`.',
    'Another app uses the microphone, or its driver failed.',
  ),
  'microphone-overconstrained': {
    for: 'both',
    meaning: '`getUserMedia` rejected with `OverconstrainedError`.',
    causes: ['No microphone meets the `exact`, `min` or `max` constraints of the option `audio`.'],
    remedies: ['Use `ideal` in `audio` instead of `exact`.'],
  },
  'microphone-unsupported': {
    for: 'both',
    meaning: '`navigator.mediaDevices` must exist: browsers have it only in a secure context.',
    causes: [
      'The page is served over plain HTTP from another host than localhost.',
      'The browser is too old.',
    ],
    remedies: ['Serve the page over HTTPS.'],
  },
  'microphone-ended': microphone('The track of the microphone has ended.', 'It was unplugged.'),
  'microphone-muted-by-system': microphone(
    'The track of the microphone is muted by the system: it sends silence.',
    'A switch on the device, or a phone call.',
  ),
  'token-refresh-failed': {
    for: 'both',
    meaning: '`refreshToken` must resolve to a token; it rejected.',
    causes: [
      'There is no route `POST {apiEndpoint}/token`, or it answered another status than 2xx.',
      'Your `refreshToken` threw, or did not answer within 15 s.',
      'The answer is a token of another session, and no former token proved the session.',
    ],
    remedies: [
      'Add the route, or pass `refreshToken`.',
      'Request it with `curl -X POST` and compare the status with the warning.',
    ],
  },
  'token-malformed': {
    for: 'both',
    meaning: 'A token answer must have `token`, `expiresAt` and a session id.',
    causes: [
      'A field is missing or of another type. The default route answers `session_id`; your own `refreshToken` returns `sessionId`.',
      '`expiresAt` is neither seconds, milliseconds nor ISO 8601.',
      'The route answered HTML, such as the page of a single-page app.',
    ],
    remedies: ['Answer `{ "token": "…", "expiresAt": 1790000000, "session_id": "…" }` as JSON.'],
  },
  'token-expired': {
    for: 'both',
    meaning: 'The stored token has expired, and no new one was requested.',
    causes: ['The user was away for longer than the token is valid, and the refresh was refused.'],
    remedies: [
      'Let the token route accept an expired token as a proof of the session, for as long as you want.',
    ],
  },
  unauthorized: {
    for: 'both',
    meaning: 'The signalling server must accept the token; it answered 401, also to a new one.',
    causes: ['The server of the offer checks tokens with another secret than the server that signs them.'],
    remedies: ['Use the same secret, issuer and audience in both.', 'Compare the clocks of both servers.'],
  },
  'signalling-rejected': {
    for: 'both',
    meaning: 'The signalling server must accept the offer; it refused for good.',
    causes: [
      'A wrong `apiEndpoint` or `offerUrl`: 404 or 405.',
      'The answer is not the JSON of the transport.',
      'The server is full, or knows the session no longer.',
    ],
    remedies: ['Compare the request in the Network tab with the page about the server.'],
  },
  'signalling-unavailable': {
    for: 'both',
    meaning: 'The signalling server must answer within 15 s; it did not, or answered 408, 425, 429 or 5xx.',
    causes: [
      'The server is not running.',
      'CORS: another origin must allow `Authorization`, `Content-Type`, `POST` and `PATCH`.',
      'A Content-Security-Policy without the server in `connect-src`.',
    ],
    remedies: ['Look for the request, and for a CORS error, in the Network tab.'],
  },
  'agent-unreachable': {
    for: 'both',
    meaning: 'The agent must connect within 15 s and send its first message; it did not.',
    causes: [
      'UDP is blocked between the browser and the agent, and there is no TURN server.',
      'The agent has crashed after it answered the offer: read its log.',
      'A bot without an RTVI processor sends sound, and no `bot-ready`.',
    ],
    remedies: [
      'Configure `iceServers` with a TURN server.',
      'Add the RTVI processor to the pipeline of the bot, which sends `bot-ready`.',
    ],
  },
  'relay-refused': {
    for: 'both',
    meaning:
      'Every TURN server must accept its credentials; one answered 401, 403 or 438, and no path was found.',
    causes: ['The credentials in `iceServers` are wrong or have expired.'],
    remedies: ['Give `iceServers` as a function, which is called for each connection.'],
  },
  'relay-unreachable': {
    for: 'both',
    meaning: 'A TURN server must answer; none did, and no path was found.',
    causes: [
      'A wrong address or port in `iceServers`.',
      'A network that blocks the port of the TURN server.',
    ],
    remedies: ['Offer `turns:` on port 443 over TCP beside UDP.'],
  },
  'agent-error': {
    for: 'both',
    meaning: "The agent reported an error. Its text is not shown, because it may repeat the user's words.",
    causes: ['A service of the agent failed, such as its language model or its voice.'],
    remedies: [
      'Read the log of the agent. `error.providerCode` has the code of the provider, if it gave one.',
    ],
  },
  'protocol-error': {
    for: 'developer',
    meaning: 'A message of the agent must have the shape of its protocol; it was ignored.',
    causes: [
      'The transport and the agent speak different versions.',
      'Another program writes to the data channel.',
    ],
    remedies: ['Compare the messages with the table of the page about the server.'],
  },
  'context-not-built': {
    for: 'developer',
    meaning:
      '`buildContext` must resolve to usable messages in time; the agent was given the last ones instead.',
    causes: ['Your `buildContext` threw, did not answer in time, or gave something else than messages.'],
    remedies: ['Read the cause. Give `{ role, text }` objects, and a summary that is ready in seconds.'],
  },
  'text-too-long': {
    for: 'user',
    meaning:
      'A text must fit into one message of the connection. The message of the error has the limit in bytes.',
    causes: ['The user has typed or pasted a text that is longer than the agent accepts.'],
    remedies: [
      'Limit the length of your own composer.',
      'Let the agent accept longer messages (`a=max-message-size`).',
    ],
  },
  'connection-lost': {
    for: 'user',
    meaning: 'An established connection has ended. The call reconnects.',
    causes: ['The network has changed or is gone.', 'The agent has crashed.'],
    remedies: [
      'Nothing, if it happens now and then. Read the log of the agent, if it happens to every call.',
    ],
  },
  'call-moved': {
    for: 'user',
    meaning: 'The server said that the session continues on another device.',
    causes: ['The user has called from another device.'],
    remedies: ['None: `agent.connect()` takes the call back.'],
  },
  'reconnect-exhausted': {
    for: 'both',
    meaning: 'All attempts to reconnect have failed. The cause is the last one.',
    causes: ['The network or the agent was away for longer than `reconnect` allows.'],
    remedies: ['Allow more attempts with `reconnect`, or let the user press *Try again*.'],
  },
  'session-unreadable': {
    for: 'both',
    meaning: 'A stored conversation must decrypt and parse; it did not. It was left unchanged.',
    causes: ['Its key is gone or another one, or its records were changed.', 'Your `migrate` threw.'],
    remedies: [
      'Call `sessionManager.check()` for a report, and `sessionManager.repair()` to save what is readable.',
    ],
  },
  'session-newer': {
    for: 'user',
    meaning:
      'A stored conversation has a higher version than this build of your app knows. It was left unchanged.',
    causes: [
      'A newer version of your app, with a higher `persistence.version` or a newer package, has stored it.',
      'An older version of your app was published again.',
    ],
    remedies: ['Ask the user to reload the page.', 'Publish the newer version again.'],
  },
  'session-missing': {
    for: 'user',
    meaning: 'No session with this id is stored in this browser, for this scope.',
    causes: [
      'It was deleted here or in another tab, or is too old.',
      'It belongs to another `scope` or `databaseName`.',
    ],
    remedies: ['List the sessions again.'],
  },
  'session-open-elsewhere': {
    for: 'user',
    meaning: 'One tab has a session at a time; another one has this.',
    causes: ['It is open in another tab.'],
    remedies: ['Show it with `sessionManager.openReadOnly(id)`.'],
  },
  'session-exists': {
    for: 'both',
    meaning: 'A session with the id of the new one is stored already. It was left unchanged.',
    causes: ['Your token route gives an id that it has given before.'],
    remedies: ['Give every new session a new random id.'],
  },
  'session-recovered': {
    for: 'user',
    meaning: 'Two tabs wrote to a session. The words of this one are stored as another session.',
    causes: ['The tab was frozen, and another tab took over its session.'],
    remedies: ['None: both conversations are in the list.'],
  },
  'session-rolled-back': {
    for: 'user',
    meaning: 'The stored session is older than the one that this tab has saved.',
    causes: ["The browser's profile was restored from a backup, or its data lost their last writes."],
    remedies: ['None: the words are not on this device.'],
  },
  'session-busy': {
    for: 'user',
    meaning: 'A conversation must stay the same while it is exported; it changed at each try.',
    causes: ['A call of this tab or another one adds words all the time.'],
    remedies: ['Export it after the call.'],
  },
  'tab-unreachable': {
    for: 'user',
    meaning: 'A tab that mirrors a conversation asked the tab that has it open, and got no answer in time.',
    causes: [
      'The browser has frozen that tab, a dialog blocks it, or it is busy.',
      'It was closed a moment ago.',
    ],
    remedies: ['None in the code: the user can try again, or press *Use here*.'],
  },
  'value-unreadable': {
    for: 'both',
    meaning:
      'A value of `createEncryptedStorage` must decrypt; it did not. It was left unchanged, and writes to its key reject.',
    causes: [
      'Its key is gone or another one, or its record was changed.',
      'A newer version of your app has stored it.',
      'Code between the storage and your reducer threw, and `guard` or `quarantine` protected the value.',
    ],
    remedies: ['Read the cause. `removeItem(key)` deletes the value and ends the quarantine.'],
  },
  'value-rolled-back': {
    for: 'user',
    meaning: 'A value of `createEncryptedStorage` is older than the one that this browser has stored.',
    causes: ["The browser's profile was restored from a backup, or its data lost their last writes."],
    remedies: ['None: the newer value is not on this device.'],
  },
  'key-unavailable': {
    for: 'both',
    meaning: '`persistence.keyProvider` must resolve to a `CryptoKey` within 10 s.',
    causes: [
      'It rejected, or did not answer.',
      'It resolved to something else, or to a key that can neither wrap nor unwrap.',
    ],
    remedies: ["Import the key as `AES-KW` or `AES-GCM` with the usages `['wrapKey', 'unwrapKey']`."],
  },
  'key-wrong': {
    for: 'user',
    meaning: 'The key of `persistence.keyProvider` does not open what is stored. Nothing was changed.',
    causes: ['The user has typed another passphrase.', 'Your server has answered the key of another user.'],
    remedies: [
      'Ask again before you create the agent, with `verifyPassphrase`.',
      'Give each user a `scope`.',
    ],
  },
  'storage-unavailable': {
    for: 'both',
    meaning: 'The page must have IndexedDB and WebCrypto, and they must answer in time.',
    causes: ['Plain HTTP.', 'A private window, or blocked cookies.', 'The disk is full or broken.'],
    remedies: ['Serve the page over HTTPS.'],
  },
  'storage-unreachable': {
    for: 'user',
    meaning:
      'The storage, which is open, must answer in time; it did not, or it refused. The request can be repeated.',
    causes: [
      'The disk is busy, or another page blocks the database.',
      'The browser has closed the database and did not open it again.',
    ],
    remedies: ['Let the user try again or reload.'],
  },
  'storage-newer': {
    for: 'user',
    meaning:
      "The browser's database has a higher version than this build of your app knows. Nothing in it was changed.",
    causes: [
      'Another tab has loaded a newer version of your app.',
      'An older version of your app was published again.',
    ],
    remedies: ['Ask the user to reload the page.', 'Publish the newer version again.'],
  },
  'storage-quota': {
    for: 'user',
    meaning: "The browser's quota is used up. The call continues, and new messages are in memory only.",
    causes: ['The disk of the device is full.', 'Your site stores much.'],
    remedies: ['Choose conversations to delete in `persistence.onQuotaExceeded`.'],
  },
  'storage-write-failed': {
    for: 'user',
    meaning: 'A write to the storage failed. It is repeated.',
    causes: ['The disk did not answer, or the browser has closed the database.'],
    remedies: ['None, unless it stays: read the cause.'],
  },
  'change-failed': {
    for: 'user',
    meaning:
      'A change that the user asked for, such as an import or another name, was not stored. Nothing was changed.',
    causes: ['The disk did not answer, or the browser has closed the database.'],
    remedies: ['Let the user try again. Unlike a save, it is not repeated.'],
  },
  'tab-storage-full': {
    for: 'both',
    meaning: "The tab's sessionStorage must have room for a few hundred bytes.",
    causes: ['Another script of the page has filled it.'],
    remedies: ['Store less in sessionStorage.'],
  },
  erased: {
    for: 'user',
    meaning: 'Another tab has called `eraseAll()`. This page stores nothing until it reloads.',
    causes: ['The user has signed out or deleted everything in another tab.'],
    remedies: ['Reload the page.'],
  },
  'erase-failed': {
    for: 'both',
    meaning: 'The storage must delete everything; it refused or did not answer. Nothing was deleted.',
    causes: ['Another page holds the database open, and is frozen.', 'The disk failed.'],
    remedies: ['Call `eraseAll()` again.'],
  },
  'passphrase-wrong': {
    for: 'user',
    meaning: 'The passphrase does not open the file.',
    causes: ['The user has typed another one.'],
    remedies: ['Ask again.'],
  },
  'file-damaged': {
    for: 'user',
    meaning: 'The file is no exported conversation, or was changed.',
    causes: ['Another file was chosen.'],
    remedies: ['Ask for another copy.'],
  },
  'file-truncated': {
    for: 'user',
    meaning: 'The end of the file is missing.',
    causes: ['A download or a copy was cut off.'],
    remedies: ['Ask for another copy.'],
  },
  'file-newer': {
    for: 'user',
    meaning: 'The file has a newer format than this version of the package reads.',
    causes: ['It was exported by a newer version of your app.'],
    remedies: ['Update the package.'],
  },
  'consent-missing': {
    for: 'user',
    meaning: '`persistence.consent` is false or `ask`: nothing is stored.',
    causes: ['The user has not agreed yet.'],
    remedies: ['Call `agent.setConsent(true)` when the user agrees.'],
  },
  'chunk-load-failed': {
    for: 'both',
    meaning: 'An `import()` of a part of the package must load; it failed.',
    causes: [
      'The network is gone.',
      'A new release of your app has removed the files that this page began with.',
      'A Content-Security-Policy without your own scripts.',
    ],
    remedies: ['Keep the files of the last release for a while.', 'Offer a reload.'],
  },
  'not-connected': {
    for: 'user',
    meaning: 'The request needs a call, and there is none, or it ended before the request was fulfilled.',
    causes: ['Your app sends a text without a call.', 'The user has ended the call meanwhile.'],
    remedies: ['Enable the control only if `selectIsCallWanted` is true.'],
  },
  'call-on': {
    for: 'user',
    meaning: 'The request must come without a call, and one is on.',
    causes: ['Your app calls `agent.checkCall()` during a call.'],
    remedies: ['Disable the control while `selectIsCallWanted` is true.'],
  },
  'too-late': {
    for: 'user',
    meaning:
      'The request came too late: its text is being sent, or its tool call has a decision or an outcome.',
    causes: [
      'A control was pressed twice.',
      'The agent has cancelled the tool call, or the call has ended meanwhile.',
      'Your code passes an id that no such text or tool call has.',
    ],
    remedies: ['None: ignore it, or show the present state.'],
  },
  superseded: {
    for: 'user',
    meaning: 'A later request for the session took the place of this one.',
    causes: ['The user has opened one conversation, and then another one.'],
    remedies: ['None: ignore it.'],
  },
  'not-mounted': {
    for: 'developer',
    meaning:
      'The store must have `voiceAgent.reducer` under `voiceAgent.reducerPath`, and `voiceAgent.middleware`; one of them is missing.',
    causes: [
      'The reducer or the middleware is not in `configureStore`.',
      'The reducer is under another key.',
      'A request came before the store was created.',
    ],
    remedies: [
      'Add `[voiceAgent.reducerPath]: voiceAgent.reducer` to `reducer`.',
      'Add `.concat(voiceAgent.middleware)` to `middleware`.',
    ],
  },
  'invalid-option': {
    for: 'developer',
    meaning: 'An option, an argument, or an answer of your code is not usable.',
    causes: ['The message of the error names it, with what was expected and what came.'],
    remedies: ['Correct the value that the message names.'],
  },
  disposed: {
    for: 'developer',
    meaning: 'The agent was disposed of: it takes no requests.',
    causes: ['A component that created the agent has unmounted.', 'Your code has called `dispose()`.'],
    remedies: ['Create the agent once, beside the store.'],
  },
  internal: {
    for: 'both',
    meaning: 'Something threw that should not have. The cause names it.',
    causes: ['A callback of your app, such as a transport, threw.', 'A fault of this package.'],
    remedies: ['Read the cause. If it is not your code, report it with the text of `voiceAgent.diagnose()`.'],
  },
}
