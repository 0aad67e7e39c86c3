import { build, preview } from 'vite'
import { appConfig } from '../../../examples/voice-app/app/vite-config.js'

/** The shop as `npm start` serves it, in front of a voice server that may come and go. */
export async function serveShop(ports: { port: number; voicePort: number }) {
  // Playwright's own `test` would be neither of the two that React and Redux know.
  process.env.NODE_ENV = 'development'
  const config = appConfig(ports)
  await build(config)
  const server = await preview(config)
  return { url: `http://localhost:${ports.port}`, close: () => server.close() }
}
