import type { Persistence } from './index.js'

/** For an agent that keeps nothing: no snapshot is taken of what nobody wants. */
export const noPersistence: Persistence = {
  async flush() {},
  async ended() {},
  cleanUp: async () => 0,
  pause() {},
  resume() {},
}
