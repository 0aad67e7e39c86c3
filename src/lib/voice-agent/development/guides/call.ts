import type { Guides } from './guide.js'

/** Tokens, signalling, the agent and the connection. */
export const callGuides = {
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
      "Check the route's answer with `curl -X POST -H 'Content-Type: application/json' -d '{}'` and its full URL.",
      'If you pass your own `refreshToken`, catch and log its error there.',
    ],
  },
  'token-malformed': {
    for: 'both',
    meaning: 'The token answer must have `token`, `expiresAt` and a session id.',
    causes: [
      'A field is missing or has the wrong type.',
      '`expiresAt` is neither seconds, milliseconds nor ISO 8601, or is a duration such as `expires_in`.',
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
      'The route that answers the offer verifies tokens with a different secret than the route that signs them.',
      "Your `refreshToken` returns another token, such as the one of your app's sign-in, or one that has expired.",
    ],
    remedies: [
      'Use the same secret, issuer and audience for both routes.',
      'Compare the clocks, if two servers answer them.',
      'Return the token that your server issued for the call.',
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
} satisfies Guides
