import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Debian package, and a path that exists once it is installed. */
export interface DebianPackage {
  name: string
  path: string
}

/**
 * Installs the packages named by its arguments. Keeps them from starting services meanwhile, because Janus and coturn would listen on every
 * interface: Debian's tools ask `policy-rc.d`.
 */
const install = `
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy" && chmod 755 "$policy"
fi
apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"
`
/** Held while packages are installed, because test runs work side by side in CI. */
const lock = join(tmpdir(), 'redux-voice-agent-packages.lock')

/**
 * Installs missing packages with apt, if this user may.
 *
 * @param purpose Beginning of the error that lists the packages to install: "The tests need a browser:".
 * @throws Error
 */
export function ensurePackages(packages: readonly DebianPackage[], purpose: string): void {
  const missing = packages.filter(({ path }) => !existsSync(path)).map(({ name }) => name)
  if (missing.length === 0) return
  console.log(`Installing with apt-get: ${missing.join(', ')}.`)
  try {
    execFileSync('flock', ['--timeout', '600', lock, 'sh', '-c', install, 'sh', ...missing], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  } catch (cause) {
    throw new Error(`${purpose} install ${missing.join(', ')}: \`apt-get install\` as root on Debian.`, {
      cause,
    })
  }
}
