import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** A Debian package, by a path that tells that it is there. */
export interface DebianPackage {
  name: string
  path: string
}

/** Script that Debian's tools ask if a package may start a service. */
const policy = '/usr/sbin/policy-rc.d'

/** Runs while no package can start a service: those of Janus and coturn would listen on every interface. */
function withoutServices(install: () => void): void {
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    install()
  } finally {
    if (isOurs) rmSync(policy)
  }
}

/**
 * Installs those that are missing with apt, where this user may.
 *
 * @param purpose The beginning of the error that names those to install: "The tests need a browser:".
 * @throws Error
 */
export function ensurePackages(packages: readonly DebianPackage[], purpose: string): void {
  const missing = packages.filter(({ path }) => !existsSync(path)).map(({ name }) => name)
  if (missing.length === 0) return
  console.log(`Installing with apt-get: ${missing.join(', ')}.`)
  const apt = (...args: string[]) =>
    execFileSync('apt-get', args, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  try {
    withoutServices(() => {
      apt('update', '-qq')
      apt('install', '-y', '-qq', '--no-install-recommends', ...missing)
    })
  } catch (cause) {
    throw new Error(`${purpose} install ${missing.join(', ')}: \`apt-get install\` as root on Debian.`, {
      cause,
    })
  }
}
