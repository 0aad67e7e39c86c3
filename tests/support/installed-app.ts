import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../..')
const { devDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))

/** Versions as this repository has them. */
export const versionsOf = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, devDependencies[name]]))

/** An app outside the repository, with the packed package installed as its users install it. */
export interface InstalledApp {
  folder: string
  write(path: string, content: string): void
  /** Gives what it printed; throws with it when it fails. */
  run(program: string, ...args: string[]): string
  remove(): void
}

const compilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  target: 'ES2022',
  lib: ['ES2023', 'DOM', 'DOM.Iterable'],
  module: 'ESNext',
  moduleResolution: 'bundler',
  jsx: 'react-jsx',
  types: [],
}

let tarball: string | null = null

/** The packed repository, built for it: once for all apps of a process, with which it goes. */
export function pack(): string {
  if (tarball !== null) return tarball
  const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-packed-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const said = execFileSync('npm', ['pack', '--pack-destination', folder, '--silent'], {
    cwd: repository,
    encoding: 'utf8',
    // The environment of the person who packs must make no difference.
    env: { ...process.env, NODE_ENV: 'development' },
  })
  tarball = join(folder, said.trim().split('\n').at(-1) ?? '')
  return tarball
}

/**
 * Packs the repository, and installs the package into a copy of an app's folder.
 *
 * @param source The app's folder; without one, the app is empty.
 * @param dependencies Dependencies of the app, besides the package and TypeScript.
 */
export function installApp({
  source,
  dependencies,
  options = {},
}: {
  source?: string
  dependencies: Record<string, string>
  /** Compiler options that differ. */
  options?: Record<string, unknown>
}): InstalledApp {
  const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-app-'))
  if (source) cpSync(source, folder, { recursive: true })
  // Vite sets the variable where it runs, and npm goes by it.
  const env = { ...process.env, NODE_ENV: undefined }
  const run = (program: string, ...args: string[]) =>
    execFileSync(program, args, { cwd: folder, stdio: 'pipe', encoding: 'utf8', env })
  const write = (path: string, content: string) => writeFileSync(join(folder, path), content)

  write(
    'package.json',
    JSON.stringify({
      name: 'app',
      private: true,
      type: 'module',
      dependencies: { 'redux-voice-agent': `file:${pack()}`, ...dependencies },
      devDependencies: versionsOf('typescript'),
    }),
  )
  write(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, include: ['src'] }),
  )
  run('npm', 'install', '--prefer-offline', '--no-audit', '--no-fund')
  return { folder, write, run, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
