import type { WarningCode } from '../../../../middleware/warnings.js'
import type { Guide } from './error-guide.js'

/** Explains each warning about the setup. `meaning` says what is expected. */
export const warningGuide: Record<WarningCode, Omit<Guide, 'for'>> = {
  'bot-not-understood': {
    meaning: 'A bot that talks must send messages about it: its words, and when it speaks.',
    causes: [
      'The pipeline of a Pipecat bot has no `RTVIProcessor` or no `RTVIObserver`.',
      'The bot writes to another data channel, or in another protocol than the transport reads.',
    ],
    remedies: [
      'Add `RTVIProcessor` to the pipeline, and `RTVIObserver` to the task.',
      'Write a transport for your protocol.',
    ],
  },
  'no-session-contract': {
    meaning:
      'After `client-ready` the bot must send a `server-message` with the data `{ "type": "session", "sessionId", "resumed" }`.',
    causes: [
      'A stock Pipecat bot, which knows no sessions: after a reload it does not remember the conversation.',
    ],
    remedies: [
      'Send the message, as the session contract says.',
      'Do nothing if your agent need not remember: the assistant says so to the user.',
    ],
  },
  'no-candidates-route': {
    meaning: 'The server must take ICE candidates by `PATCH` at the URL of the offer.',
    causes: ['The server has a route for `POST` alone.', 'A proxy or CORS does not allow `PATCH`.'],
    remedies: ['Add the route, and pass the candidates to the peer connection of `pc_id`.'],
  },
  'shared-database': {
    meaning:
      'Each agent of a page must have a database of its own: two in one show and delete the conversations of each other.',
    causes: [
      'Two agents have the same `reducerPath` in two stores, or the same `persistence.databaseName`.',
      'An agent was created again without `dispose()`.',
    ],
    remedies: [
      'Give each agent a `reducerPath` or a `persistence.databaseName`, or call `dispose()` on the first.',
    ],
  },
  'plain-persistence': {
    meaning:
      "redux-persist must not store the agent's state: it would write the conversation to its storage in the clear, and bring an old call back.",
    causes: [
      'A `persistReducer` around the root reducer has no `blacklist` with the path of the agent.',
      'A `persistReducer` is around `voiceAgent.reducer`.',
    ],
    remedies: [
      "Add `blacklist: [voiceAgent.reducerPath]` to the configuration of the root's `persistReducer`.",
      'Delete what is stored under `persist:…` already.',
    ],
  },
  'middleware-missing': {
    meaning:
      'A store with `voiceAgent.reducer` must have `voiceAgent.middleware`: without it, no button does anything.',
    causes: ['`configureStore` has no `middleware` with it.'],
    remedies: [
      'Add `middleware: (getDefaultMiddleware) => getDefaultMiddleware().concat(voiceAgent.middleware)`.',
    ],
  },
  'reducer-elsewhere': {
    meaning: 'The reducer must be in the store under `voiceAgent.reducerPath`.',
    causes: ['It is under another key, or inside another slice.'],
    remedies: ['Write `[voiceAgent.reducerPath]: voiceAgent.reducer`, or pass the key as `reducerPath`.'],
  },
}
