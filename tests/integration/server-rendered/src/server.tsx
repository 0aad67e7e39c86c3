import { renderToString } from 'react-dom/server'
import { createApp } from './app.js'

/** The page's markup for one request. */
export async function render(): Promise<string> {
  const { app, voiceAgent } = createApp()
  const html = renderToString(app)
  await voiceAgent.dispose()
  return html
}
