import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** A Debian package, and a path that exists once it is installed. */
export interface DebianPackage {
  name: string
  path: string
}

/** Script that tells Debian's tools if a package may start a service. */
const policy = '/usr/sbin/policy-rc.d'

/** Keeps packages from starting services meanwhile, because Janus and coturn would listen on every interface. */
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
 * Installs missing packages with apt, if this user may.
 *
 * @param purpose Beginning of the error that lists the packages to install: "The tests need a browser:".
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
