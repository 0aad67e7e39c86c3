import { readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../e2e/support/processes.js'
import { listens, startPeer } from './processes.js'

/** Everything that Debian ships in the folder except one file. */
function allBut(folder: string, kept: string): string {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.so') && name !== kept)
    .join(',')
}

/** Janus with its EchoTest plugin and its HTTP interface, on loopback. */
export async function startJanus() {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'redux-voice-agent-janus-'))
  const [architecture = ''] = readdirSync('/usr/lib').filter((name) => name.endsWith('-linux-gnu'))
  const modules = join('/usr/lib', architecture, 'janus')
  await writeFile(
    join(folder, 'janus.jcfg'),
    `general: {
      configs_folder = "${folder}"
      plugins_folder = "${modules}/plugins"
      transports_folder = "${modules}/transports"
      events_folder = "${folder}/none"
      loggers_folder = "${folder}/none"
      debug_level = 4
      debug_colors = false
    }
    nat: { ice_enforce_list = "127.0.0.1" }
    plugins: { disable = "${allBut(`${modules}/plugins`, 'libjanus_echotest.so')}" }
    transports: { disable = "${allBut(`${modules}/transports`, 'libjanus_http.so')}" }
`,
  )
  await writeFile(
    join(folder, 'janus.transport.http.jcfg'),
    `general: { base_path = "/janus", http = true, ip = "127.0.0.1", port = ${port}, https = false }
    admin: { admin_http = false }
`,
  )
  const endpoint = `http://127.0.0.1:${port}/janus`
  const janus = await startPeer('/usr/bin/janus', ['-C', join(folder, 'janus.jcfg'), '-F', folder], () =>
    listens(`${endpoint}/info`),
  )
  return {
    endpoint,
    output: janus.output,
    async stop() {
      await janus.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
