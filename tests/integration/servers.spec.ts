import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePackages } from '../../.config/packages.js'
import { expect, test } from '../e2e/fixtures.js'
import { assistantOn } from '../e2e/support/assistant.js'
import { freePort, repository } from '../e2e/support/processes.js'
import { serveApp, talkOverReload } from '../e2e/support/served-app.js'
import { listens, startPeer } from '../interop/support/processes.js'
import { installApp, versionsOf } from '../support/installed-app.js'

const page = readFileSync(join(repository, 'docs/connect/your-own-server.md'), 'utf8')
const readme = readFileSync(join(repository, 'README.md'), 'utf8')

/** The first code block in this language, unchanged. */
function blockOf(text: string, language: string): string {
  const [, block] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text) ?? []
  if (block === undefined) throw new Error(`The page has no ${language} block.`)
  return block
}

const servers = {
  Node: { language: 'js', file: 'server.mjs', program: process.execPath },
  // Debian's Python, which has these packages, whatever other one is in the path.
  Python: { language: 'python', file: 'server.py', program: '/usr/bin/python3' },
}

test.describe.configure({ timeout: 120_000 })

for (const [name, { language, file, program }] of Object.entries(servers)) {
  test(`the guide's server in ${name} serves the README's snippet, both unchanged`, async ({ page: tab }) => {
    if (name === 'Python') {
      const folder = '/usr/lib/python3/dist-packages'
      ensurePackages(
        [
          { name: 'python3-aiortc', path: `${folder}/aiortc` },
          { name: 'python3-aiohttp', path: `${folder}/aiohttp` },
        ],
        'The server in Python needs them:',
      )
    }
    const app = installApp({
      dependencies: versionsOf(
        ...['@reduxjs/toolkit', 'react', 'react-dom', 'react-redux', '@types/react', '@types/react-dom'],
        ...(name === 'Node' ? ['@roamhq/wrtc'] : []),
      ),
    })
    const port = await freePort()
    mkdirSync(join(app.folder, 'src'))
    app.write('src/main.tsx', blockOf(readme, 'tsx'))
    app.write(
      'index.html',
      '<!doctype html><link rel="icon" href="data:," /><div id="root"></div><script type="module" src="/src/main.tsx"></script>',
    )
    writeFileSync(join(app.folder, file), blockOf(page, language))
    const server = await startPeer(
      program,
      [join(app.folder, file)],
      () => listens(`http://127.0.0.1:${port}/`),
      {
        env: { PORT: String(port) },
      },
    )
    const served = await serveApp(app.folder, port)
    try {
      await tab.goto(served.url)
      await talkOverReload(tab)
      const assistant = assistantOn(tab)
      await assistant.hasSaid('You said: What teas do you have?')
      await assistant.hasSaid('Welcome back.')
      await expect(assistant.notice('The agent picks up where you left off.')).toBeVisible()
      expect((await assistant.ask('Hi')).text).toContain('You said: Hi')
    } finally {
      await served.close()
      await server.kill()
      app.remove()
    }
  })
}
