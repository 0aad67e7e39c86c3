import { rmSync } from 'node:fs'
import { preview } from 'vite'
import { appConfig, outDirOf } from '../../../examples/voice-app/app/vite-config.js'
import { buildFor } from './build-for.js'

/** Serves the shop as `npm start` does. Its voice server may stop and restart. */
export async function serveShop(ports: { port: number; voicePort: number }) {
  const config = appConfig(ports)
  await buildFor('development', config)
  const server = await preview(config)
  return {
    url: `http://localhost:${ports.port}`,
    async close() {
      await server.close()
      rmSync(outDirOf(ports.port), { recursive: true, force: true })
    },
  }
}
