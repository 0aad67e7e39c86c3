import { build, type InlineConfig } from 'vite'

/**
 * Vite's `build` under the NODE_ENV that is meant: React, Redux and Vite all go by it, and Playwright's own `test` would be neither of the
 * two that they know.
 */
export async function buildFor(env: 'development' | 'production', config: InlineConfig): Promise<void> {
  const { NODE_ENV } = process.env
  process.env.NODE_ENV = env
  try {
    await build(config)
  } finally {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  }
}
