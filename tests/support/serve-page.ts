import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { build, type Plugin, preview } from 'vite'

/**
 * Builds a test page for production and serves it on loopback.
 *
 * @param folder Folder with its index.html.
 * @param plugins Vite plugins for the build.
 * @param proxy Server addresses for paths that aren't the page's.
 */
export async function servePage(
  folder: string,
  plugins: readonly Plugin[] = [],
  proxy: Record<string, string> = {},
): Promise<{ url: string; close(): Promise<void> }> {
  const outDir = await mkdtemp(join(tmpdir(), 'redux-voice-agent-page-'))
  const common = {
    root: folder,
    configFile: false,
    mode: 'production',
    logLevel: 'warn',
  } as const
  await build({
    ...common,
    plugins: [react(), ...plugins],
    resolve: { tsconfigPaths: true },
    build: { outDir, emptyOutDir: true, target: 'es2022' },
  })
  const server = await preview({
    ...common,
    build: { outDir },
    preview: {
      host: '127.0.0.1',
      port: 0,
      proxy,
      // Allows any host name that a test's browser maps to this machine.
      allowedHosts: true,
      // In an isolated page, the clock has a resolution of 5 µs instead of 100 µs.
      headers: {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      },
    },
  })
  const address = server.httpServer.address()
  if (address === null || typeof address === 'string') throw new Error('The page has no port.')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async close() {
      await server.close()
      await rm(outDir, { recursive: true, force: true })
    },
  }
}
