import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { withMermaid } from 'vitepress-plugin-mermaid'
import { navigation } from '../navigation.js'

const site = resolve(import.meta.dirname, '../../../.cache/site')

/** API pages by entry point, generated from the docstrings. */
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

const fileOf = (page: string) => resolve(site, 'source', `${page}.md`)
const titleOf = (page: string) =>
  /^# (.*)$/m.exec(readFileSync(fileOf(page), 'utf8'))?.[1]?.replaceAll('`', '') ?? page

const guideSidebar = [
  ...Object.entries(navigation).map(([text, pages]) => ({
    text,
    items: pages
      .filter((page) => existsSync(fileOf(page)))
      .map((page) => ({ text: titleOf(page), link: `/${page}` })),
  })),
  { text: 'Decisions', link: '/decisions/' },
]

export default withMermaid({
  title: 'redux-voice-agent',
  description: 'Voice conversations with an AI agent in your Redux store that survive a reload.',
  lang: 'en',
  srcDir: resolve(site, 'source'),
  outDir: resolve(site, 'public'),
  cacheDir: resolve(site, 'cache'),
  cleanUrls: true,
  markdown: {
    // The default themes have less contrast than WCAG requires.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    languageAlias: { caddy: 'nginx' },
    config(md) {
      const render = md.renderer.rules.code_inline
      // Otherwise Vue would evaluate double braces in code.
      md.renderer.rules.code_inline = (tokens, index, ...rest) => {
        tokens[index]?.attrSet('v-pre', '')
        // Lets a path break after a slash, and in narrow tables a name before a capital, rather than within a word.
        return (render?.(tokens, index, ...rest) ?? '')
          .replaceAll(/(?<=\w)\/(?=\w)/g, '/<wbr>')
          .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '<wbr class="hump">')
      }
    },
  },
  // Its own pages are checked by tests/unit/docs.test.ts; links in the API's docstrings are TypeDoc's job.
  ignoreDeadLinks: [/^\.\/api\//, /\/api\//],
  // Diagrams keep their own size, so that a narrow screen can scroll them.
  mermaid: {
    flowchart: { useMaxWidth: false },
    sequence: { useMaxWidth: false },
    state: { useMaxWidth: false },
  },
  // The home page of the theme has no main landmark.
  transformHtml: (html) =>
    html.replace('<div class="VPContent is-home"', '<div role="main" class="VPContent is-home"'),
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Guide', link: '/start/add-to-your-app' },
      { text: 'Guarantees', link: '/concepts/guarantees' },
      { text: 'Options', link: '/reference/options' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/': guideSidebar,
      '/api/': apiSidebar,
    },
  },
})
