import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../..')
const { devDependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))

/** Versions that this repository uses. */
export const versionsOf = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, devDependencies[name]]))

/** An app outside the repository, with the packed package installed as users install it. */
export interface InstalledApp {
  folder: string
  write(path: string, content: string): void
  /** Returns the program's output. Throws with the output if the program fails. */
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

/** Builds and packs the repository once per process, and deletes the tarball when the process exits. */
export function pack(): string {
  if (tarball !== null) return tarball
  const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-packed-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const said = execFileSync('npm', ['pack', '--pack-destination', folder, '--silent'], {
    cwd: repository,
    encoding: 'utf8',
    // The developer's environment must not make a difference.
    env: { ...process.env, NODE_ENV: 'development' },
  })
  tarball = join(folder, said.trim().split('\n').at(-1) ?? '')
  return tarball
}

/**
 * Packs the repository, and installs the package into a copy of an app's folder.
 *
 * @param source The app's folder. @default an empty app
 * @param dependencies The app's dependencies, besides the package and TypeScript.
 */
export function installApp({
  source,
  dependencies,
  options = {},
}: {
  source?: string
  dependencies: Record<string, string>
  /** Compiler options to override. */
  options?: Record<string, unknown>
}): InstalledApp {
  const folder = mkdtempSync(join(tmpdir(), 'redux-voice-agent-app-'))
  if (source) cpSync(source, folder, { recursive: true })
  // Vite sets `NODE_ENV`, and npm would follow it.
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
