import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { defineConfig } from 'vitepress'

const site = resolve(import.meta.dirname, '../../../.cache/site')

/** Pages of the API, by entry point: what the docstrings were made into. */
const apiSidebar = readdirSync(resolve(site, 'source/api'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => ({
    text: name === 'index' ? 'redux-voice-agent' : `redux-voice-agent/${name}`,
    link: `/api/${name}/`,
    collapsed: true,
    items: readdirSync(resolve(site, 'source/api', name), { recursive: true, encoding: 'utf8' })
      .filter((page) => page.includes('/') && page.endsWith('.md'))
      .map((page) => page.replace(/\.md$/, ''))
      .map((page) => ({ text: page.split('/').at(-1) ?? page, link: `/api/${name}/${page}` })),
  }))

export default defineConfig({
  title: 'redux-voice-agent',
  description: 'Voice conversations with an AI agent in your Redux store, that survive.',
  srcDir: resolve(site, 'source'),
  outDir: resolve(site, 'public'),
  cacheDir: resolve(site, 'cache'),
  cleanUrls: true,
  markdown: {
    config(md) {
      const render = md.renderer.rules.code_inline
      // Code is code: Vue would evaluate what stands between double braces.
      md.renderer.rules.code_inline = (tokens, index, ...rest) => {
        tokens[index]?.attrSet('v-pre', '')
        return render?.(tokens, index, ...rest) ?? ''
      }
    },
  },
  // Its own pages are checked by tests/unit/docs.test.ts; what the API's docstrings link to is another program's matter.
  ignoreDeadLinks: [/^\.\/api\//, /\/api\//],
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Guide', link: '/quick-start' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/': [
        {
          text: 'Start',
          items: [
            { text: 'Quick start', link: '/quick-start' },
            { text: 'In your store', link: '/mounting' },
            { text: 'The server', link: '/server' },
            { text: 'Coming from something else', link: '/migrating' },
          ],
        },
        {
          text: 'Concepts',
          items: [
            { text: 'How it works', link: '/concepts' },
            { text: 'Persistence', link: '/persistence' },
            { text: 'Connection', link: '/connection' },
            { text: 'Security and privacy', link: '/security' },
            { text: 'What it costs', link: '/performance' },
          ],
        },
        {
          text: 'Recipes',
          items: [
            { text: 'The component and its parts', link: '/components' },
            { text: 'Tools', link: '/tools' },
            { text: 'Another provider', link: '/transports' },
            { text: 'LiveKit and ElevenLabs', link: '/livekit' },
            { text: 'Redux DevTools', link: '/devtools' },
            { text: 'Testing', link: '/testing' },
            { text: 'React Native', link: '/react-native' },
          ],
        },
        {
          text: 'Help',
          items: [
            { text: 'Troubleshooting and questions', link: '/troubleshooting' },
            { text: 'Decisions', link: '/decisions/' },
          ],
        },
      ],
      '/api/': apiSidebar,
    },
  },
})
