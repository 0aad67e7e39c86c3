import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { freePort, repository } from '../../e2e/support/processes.js'
import { listens, startPeer } from './processes.js'

/** The server under test. Its version is part of the results, because others may behave differently. */
export const pionVersion = 'v4.1.4'

const folder = resolve(repository, 'node_modules/.cache', `pion-${pionVersion}`)
const program = resolve(folder, 'whip-whep')

/**
 * Builds Pion's own WHIP and WHEP example once, from the published module. Two lines are changed: it listens on the address from the
 * environment, and uses no public STUN server.
 */
function buildExample(): void {
  if (existsSync(program)) return
  console.log(`Building Pion's whip-whep ${pionVersion} in node_modules/.cache: once, for a minute or two.`)
  mkdirSync(folder, { recursive: true })
  const go = (...args: string[]) => execFileSync('go', args, { cwd: folder, encoding: 'utf8' })
  writeFileSync(
    resolve(folder, 'go.mod'),
    `module whip-whep\n\ngo 1.24\n\nrequire github.com/pion/webrtc/v4 ${pionVersion}\n`,
  )
  const { Dir } = JSON.parse(go('mod', 'download', '-json', `github.com/pion/webrtc/v4@${pionVersion}`))
  const source = readFileSync(resolve(Dir, 'examples/whip-whep/main.go'), 'utf8')
  const changes: [string, string][] = [
    ['"net/http"', '"net/http"\n\t"os"'],
    ['http.ListenAndServe(":8080", nil)', 'http.ListenAndServe(os.Getenv("ADDRESS"), nil)'],
    ['URLs: []string{"stun:stun.l.google.com:19302"},', 'URLs: []string{},'],
  ]
  const changed = changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`Pion's example no longer contains ${from}.`)
    return text.replace(from, to)
  }, source)
  writeFileSync(resolve(folder, 'main.go'), changed)
  go('mod', 'tidy')
  go('build', '-o', program, '.')
}

/** Pion's example on loopback. It receives sound at `/whip`, and sends it to every client of `/whep`. */
export async function startPion() {
  buildExample()
  const address = `127.0.0.1:${await freePort()}`
  const pion = await startPeer(program, [], () => listens(`http://${address}/`), {
    env: { ADDRESS: address },
  })
  return { url: `http://${address}`, stop: pion.stop, output: pion.output }
}
