import type { BrowserContext } from 'playwright'

/** Kills a browser like a crash or power loss, so nothing more can be written. Resolves once its processes have exited. */
export async function kill(context: BrowserContext): Promise<void> {
  const cdp = await context.browser()?.newBrowserCDPSession()
  const processes = (await cdp?.send('SystemInfo.getProcessInfo'))?.processInfo ?? []
  const browser = processes.find(({ type }) => type === 'browser')
  if (!browser) throw new Error('The browser does not report its process id.')
  const ended = context.waitForEvent('close')
  process.kill(browser.id, 'SIGKILL')
  await ended
}
