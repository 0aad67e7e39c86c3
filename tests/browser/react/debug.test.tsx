import { WebRTCVoiceAssistant } from 'redux-voice-agent/react'
import { test, vi, expect } from 'vitest'
import { cdp } from 'vitest/browser'
import { accessibilityNodes } from './accessibility-tree.js'
import { mountAgent, pastMessages, painted, render } from './support.js'
const count = async (name: string) => {
  const nodes = await accessibilityNodes()
  console.log('RESULT', name, nodes.filter((n) => !n.ignored && n.role?.value === 'article').length)
}
const send = (m: string) => (cdp() as any).send(m)
const make = () => {
    const host = document.createElement('div')
    host.style.cssText = 'height:300px;overflow:auto'
    host.innerHTML = `<div role=log>${Array.from({ length: 10 }, () => `<div class=c style="content-visibility:auto;contain-intrinsic-size:auto 500px">${'<article aria-label=x><p>hello</p></article>'.repeat(10)}</div>`).join('')}</div>`
    document.body.append(host)
    return host
}
test('debug panel, enabled first', async () => {
  await send('Accessibility.enable')
  await count('before')
  const { inApp } = mountAgent(pastMessages(400))
  const { container, unmount } = render(inApp(<WebRTCVoiceAssistant />))
  container.style.cssText = 'block-size:640px'
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(400), { timeout: 5000 })
  await painted(); await painted()
  await count('panel enabled first')
  await painted(); await painted()
  await count('panel enabled first, again')
  unmount()
  const a = make()
  await painted(); await painted()
  await count('static enabled')
  a.remove()
  await send('Accessibility.disable')
})
test('debug panel, twice', async () => {
  const { inApp } = mountAgent(pastMessages(400))
  const { container } = render(inApp(<WebRTCVoiceAssistant />))
  container.style.cssText = 'block-size:640px'
  await vi.waitFor(() => expect(container.querySelectorAll('article')).toHaveLength(400), { timeout: 5000 })
  await count('panel once')
  await painted(); await painted()
  await count('panel twice')
  for (const c of container.querySelectorAll<HTMLElement>('[data-rva-part=chunk]')) c.style.contentVisibility = 'visible'
  await painted()
  await count('panel visible')
  for (const c of container.querySelectorAll<HTMLElement>('[data-rva-part=chunk]')) c.style.contentVisibility = ''
  await painted(); await painted()
  await count('panel auto again')
})
