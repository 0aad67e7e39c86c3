import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { expect, onTestFinished, test, vi } from 'vitest'
import { button, find, recordConsole, scriptedOptions } from './support.js'

test('server markup has styles, hydrates without a mismatch, and works', async () => {
  const config = scriptedOptions()
  const app = <WebRTCVoiceAssistant config={config} />
  const container = document.createElement('div')
  // React 18 warns about layout effects here, because this test has a document, unlike a server.
  const warnings = vi.spyOn(console, 'error').mockImplementation(() => {})
  container.innerHTML = renderToString(app)
  warnings.mockRestore()
  document.body.append(container)
  expect(container.querySelector('[role=status]')?.getAttribute('data-state')).toBe('idle')
  expect(container.querySelector('style')?.textContent).toContain('@layer rva')
  expect(config.transport.requests).toEqual([])

  const logged = recordConsole()
  const root = hydrateRoot(container, app)
  onTestFinished(() => {
    root.unmount()
    container.remove()
  })
  await expect.poll(() => container.querySelector('style')?.textContent).toBe('')
  const section = await find(container, '[data-rva-part=root]')
  expect(getComputedStyle(section).display).toBe('flex')
  ;(await button(container, 'primary')).click()
  await find(container, '[data-connection=connected]')
  expect(logged).toEqual([])
})
