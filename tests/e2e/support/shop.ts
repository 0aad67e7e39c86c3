import { rmSync } from 'node:fs'
import { build, preview } from 'vite'
import { appConfig, outDirOf } from '../../../examples/voice-app/app/vite-config.js'

/** The shop as `npm start` serves it, in front of a voice server that may come and go. */
export async function serveShop(ports: { port: number; voicePort: number }) {
  // Playwright's own `test` would be neither of the two that React and Redux know.
  process.env.NODE_ENV = 'development'
  const config = appConfig(ports)
  await build(config)
  const server = await preview(config)
  return {
    url: `http://localhost:${ports.port}`,
    async close() {
      await server.close()
      rmSync(outDirOf(ports.port), { recursive: true, force: true })
    },
  }
}
