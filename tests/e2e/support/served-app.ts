import { expect, type Page } from '@playwright/test'
import { preview } from 'vite'
import { assistantOn } from './assistant.js'
import { buildFor } from './build-for.js'
import { freePort } from './processes.js'

/** Serves an app as users get it: built for production, with a voice server. @param folder Folder with its index.html. */
export async function serveApp(folder: string, voicePort: number) {
  const port = await freePort()
  await buildFor('production', { root: folder, logLevel: 'error', build: { outDir: 'dist/client' } })
  const server = await preview({
    root: folder,
    logLevel: 'error',
    build: { outDir: 'dist/client' },
    preview: { host: '127.0.0.1', port, proxy: { '/api': `http://127.0.0.1:${voicePort}` } },
  })
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() }
}

/** Starts a call, reloads, and expects the conversation and the call to continue. */
export async function talkOverReload(page: Page) {
  const assistant = assistantOn(page)
  await assistant.start()
  await assistant.say('What teas do you have?')
  await page.reload()
  await expect(assistant.restoredNotice.first()).toBeVisible()
  const typed = assistant.log.locator('[data-role="user"]').filter({ hasText: 'What teas do you have?' })
  await expect(typed).toHaveCount(1)
  await assistant.isConnected()
}
