import type { WarningCode } from '../../../../middleware/warnings.js'
import type { Guide } from './guides/guide.js'

/** Explains each setup warning. `meaning` says what is expected. */
export const warningGuide: Record<WarningCode, Omit<Guide, 'for'>> = {
  'bot-not-understood': {
    meaning:
      'A bot that talks must also send messages with its words, and when it starts and stops speaking.',
    causes: [
      'The pipeline of the Pipecat bot has no `RTVIProcessor` or no `RTVIObserver`.',
      'The bot uses another data channel or protocol than the transport.',
    ],
    remedies: [
      'Add `RTVIProcessor` to the pipeline, and `RTVIObserver` to the task.',
      'Write a transport for your protocol.',
    ],
  },
  'no-session-contract': {
    meaning:
      'After `client-ready`, the bot must send a `server-message` with the data `{ "type": "session", "sessionId", "resumed" }`.',
    causes: [
      'The bot is a stock Pipecat bot without sessions. After a reload, it does not remember the conversation.',
    ],
    remedies: [
      'Send the message, as the session contract describes.',
      'Do nothing if your agent does not need to remember. The assistant tells the user.',
    ],
  },
  'no-candidates-route': {
    meaning: "The server must accept ICE candidates with `PATCH` at the offer's URL.",
    causes: ['The server has a route only for `POST`.', 'A proxy or CORS does not allow `PATCH`.'],
    remedies: ['Add the route, and pass the candidates to the peer connection with that `pc_id`.'],
  },
  'unknown-option': {
    meaning: 'The package ignores options that it does not know, such as misspelled ones.',
    causes: [
      'The name is misspelled.',
      'An option of `persistence` or `reconnect` is beside it instead of inside it.',
    ],
    remedies: ['Compare the name with the tables in *Options*.'],
  },
  'unknown-event': {
    meaning: 'An agent has no event with this name, so nothing calls the listener.',
    causes: [
      'The name is misspelled.',
      'A callback of `setEventCallbacks` is not named after an event: `onSessionCreated` belongs to `sessionCreated`.',
    ],
    remedies: ['Compare the name with the table in *Actions and events*.'],
  },
  'insecure-origin': {
    meaning:
      'The page must be served over HTTPS or from localhost. Elsewhere, browsers offer no microphone and no encryption, so nothing is stored.',
    causes: ["The page was opened with the computer's network address, for example to test it on a phone."],
    remedies: [
      'Serve the page over HTTPS, or open it on localhost.',
      'On an Android phone, forward the port with `adb reverse tcp:5173 tcp:5173`, and open localhost there.',
    ],
  },
  'mirror-alone': {
    meaning: 'A mirror needs stored sessions, because its messages are encrypted with their keys.',
    causes: ['`persistence` is false.', '`persistence.storage` has no `channelOf`.'],
    remedies: [
      'Leave out the option `mirror`, or store the conversations.',
      'Add `channelOf` to your storage.',
    ],
  },
  'shared-database': {
    meaning:
      "Each agent in a page must have its own database. Agents that share one show and delete each other's conversations.",
    causes: [
      'Two agents have the same `reducerPath` in two stores, or the same `persistence.databaseName`.',
      'An agent was created again without `dispose()`, for example in each render of a component.',
    ],
    remedies: [
      'Create the agent once, outside of components or in `useState(() => …)`.',
      'Give each agent a `reducerPath` or a `persistence.databaseName`, or call `dispose()` on the first.',
    ],
  },
  'plain-persistence': {
    meaning:
      "redux-persist must not store the agent's state: it would store the conversation unencrypted, and restore an old call.",
    causes: [
      "A `persistReducer` wraps the root reducer, and its `blacklist` lacks the agent's path.",
      'A `persistReducer` wraps `voiceAgent.reducer`.',
    ],
    remedies: [
      "Add `blacklist: [voiceAgent.reducerPath]` to the configuration of the root's `persistReducer`.",
      'Delete the data that is already stored under `persist:…`.',
    ],
  },
  'reducer-elsewhere': {
    meaning: 'The reducer must be in the store under `voiceAgent.reducerPath`.',
    causes: ['The reducer is under another key, or inside another slice.'],
    remedies: ['Write `[voiceAgent.reducerPath]: voiceAgent.reducer`, or pass the key as `reducerPath`.'],
  },
  'analytics-sink-failed': {
    meaning:
      'A sink of `voiceAnalytics` must accept each batch within 5 s. The batch was dropped; the call is not affected.',
    causes: [
      'The analytics server does not respond, or rejects the reports.',
      'The sink throws, or its promise does not settle.',
    ],
    remedies: ["Check the sink's requests in the Network tab.", 'Handle errors in your own sink.'],
  },
}
