import type { Guides } from './guide.js'

/** Use of the package by the app. */
export const appGuides = {
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
      'The store contains another agent, because `createVoiceAgent` was called twice.',
    ],
    remedies: [
      'Add `[voiceAgent.reducerPath]: voiceAgent.reducer` to `reducer`.',
      'Add `.concat(voiceAgent.middleware)` to `middleware`.',
      'Create the agent once, in its own module, and pass it to the store and to `VoiceAgentProvider`.',
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
} satisfies Guides
