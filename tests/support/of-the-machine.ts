/** Redux Toolkit's warnings about slow checks. They only show that the machine is busy. */
export const ofTheMachine = /InvariantMiddleware took \d+ms/

/** Filters those warnings out of console calls. */
export const exceptOfTheMachine = (calls: readonly unknown[][]) =>
  calls.filter(([text]) => !ofTheMachine.test(String(text)))
