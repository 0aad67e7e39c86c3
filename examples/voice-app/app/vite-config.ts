import type { ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import react from '@vitejs/plugin-react'
import { createLogger, type InlineConfig, type ProxyOptions } from 'vite'

export interface AppPorts {
  /** Port of the shop. */
  port: number
  /** Port of the voice server. */
  voicePort: number
  /** Base URL of OpenAI's API, for a page that talks to a model there. @default none: it talks to the voice server */
  openAiUrl?: string
}

const root = import.meta.dirname
const repository = resolve(root, '../../..')

/** Output folder of the build. There is one per port, so that two instances can run. */
export const outDirOf = (port: number) => resolve(repository, `node_modules/.cache/voice-app/${port}`)

/** Folder of the encrypted backup. There is one per voice server. */
export const backupFolderOf = (voicePort: number) =>
  resolve(repository, `node_modules/.cache/voice-app/backup-${voicePort}`)

/**
 * The shop for Vite's `build`, `preview` and `createServer`: in development mode, so that StrictMode's double effects and
 * Redux's checks are on, and on loopback only.
 */
export function appConfig({ port, voicePort, openAiUrl }: AppPorts): InlineConfig {
  const listen = {
    host: '127.0.0.1',
    port,
    strictPort: true,
    proxy: { '/api': voiceServerAt(voicePort) },
  }
  return {
    root,
    configFile: false,
    mode: 'development',
    logLevel: 'warn',
    customLogger: quietAboutProxy(),
    plugins: [react()],
    define: { OPENAI_CALLS_URL: JSON.stringify(openAiUrl ? `${openAiUrl}/realtime/calls` : '') },
    resolve: { tsconfigPaths: true },
    cacheDir: resolve(repository, 'node_modules/.cache/voice-app/vite'),
    build: {
      outDir: outDirOf(port),
      emptyOutDir: true,
      minify: false,
      sourcemap: true,
      chunkSizeWarningLimit: 5000,
      // Leaves out warnings about a slow machine, which would distract a first-time reader.
      rolldownOptions: { checks: { bundlerTimings: false } },
    },
    server: { ...listen, fs: { allow: [repository] } },
    preview: listen,
  }
}

/** Proxies to the voice server. If the server is down, responds in its error format, so that clients retry. */
function voiceServerAt(port: number): ProxyOptions {
  return {
    target: `http://127.0.0.1:${port}`,
    configure: (proxy) => {
      proxy.on('error', (_error, _request, response) => {
        if (!('writeHead' in response)) return
        const { headersSent } = response as ServerResponse
        if (headersSent) return
        response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' })
        const message = 'The voice server is not running.'
        response.end(JSON.stringify({ error: { code: 'voice_server_down', message } }))
      })
    },
  }
}

/** Hides proxy errors, because `start.ts` reports when the voice server ends. */
function quietAboutProxy() {
  const logger = createLogger('warn')
  const { error } = logger
  logger.error = (message, options) => {
    if (!message.includes('http proxy error')) error(message, options)
  }
  return logger
}
