/** How long Redux Toolkit's checks took tells of how busy the machine was, and of nothing else. */
export const ofTheMachine = /InvariantMiddleware took \d+ms/

/** Leaves the calls of the console that tell of something else. */
export const exceptOfTheMachine = (calls: readonly unknown[][]) =>
  calls.filter(([text]) => !ofTheMachine.test(String(text)))
