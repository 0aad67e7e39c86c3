import { build, type InlineConfig } from 'vite'

/** Runs Vite's `build` with the given NODE_ENV. React, Redux and Vite depend on it, and none of them supports Playwright's `test`. */
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
