import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { build, type Plugin } from 'vite'

const repository = resolve(import.meta.dirname, '../..')

/** A change of one source file, made while it is bundled: `find` must be in it exactly once. */
export interface SourcePatch {
  file: string
  find: string
  replace: string
}

/** Globals that are simulated for a page's code. All others come from Node, for example `Promise` and `Map`. */
export const globalNames = [
  'globalThis',
  'window',
  'self',
  'document',
  'navigator',
  'crypto',
  'CryptoKey',
  'sessionStorage',
  'localStorage',
  'indexedDB',
  'BroadcastChannel',
  'AbortSignal',
  'Date',
  'Math',
  'performance',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'requestIdleCallback',
  'cancelIdleCallback',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'RTCPeerConnection',
  'Audio',
  'AudioContext',
  'MediaStream',
  'addEventListener',
  'removeEventListener',
  'fetch',
  'process',
] as const
export type PageGlobals = Partial<Record<(typeof globalNames)[number], unknown>>

/** Runs the bundled modules as a page would: each call has its own module instances and sees only the given globals. */
export type PageCode<Exports> = (globals: PageGlobals) => Exports

/** Bundles an entry with all its imports. Patches change the code here, so production code needs no test switches. */
export async function bundlePage<Exports>(
  entry: string,
  patches: readonly SourcePatch[] = [],
): Promise<PageCode<Exports>> {
  const unused = new Set(patches)
  const result = await build({
    root: repository,
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [stubPackages, patchSources(patches, unused)],
    build: {
      target: 'es2022',
      write: false,
      minify: false,
      modulePreload: false,
      rolldownOptions: {
        input: join(repository, entry),
        preserveEntrySignatures: 'strict',
        output: { format: 'iife', name: 'pageExports', codeSplitting: false },
      },
    },
  })
  const missed = [...unused].map(({ file }) => file)
  if (missed.length > 0) throw new Error(`Patched files are not part of ${entry}: ${missed.join(', ')}`)
  const chunk = [result].flat().flatMap((built) => ('output' in built ? built.output : []))[0]
  if (chunk?.type !== 'chunk') throw new Error(`${entry} was not bundled.`)
  const source = `"use strict";${chunk.code}\nreturn pageExports;\n//# sourceURL=${entry}`
  const run = new Function(...globalNames, source) as (...globals: unknown[]) => Exports
  return (globals) => run(...globalNames.map((name) => globals[name]))
}

/** Packages that a simulated page doesn't need. */
const stubs = ['localforage']

const stubPackages: Plugin = {
  name: 'stub-packages',
  enforce: 'pre',
  resolveId: (id) => (stubs.includes(id) ? `\0${id}` : null),
  load: (id) => (stubs.some((stub) => id === `\0${stub}`) ? 'export default {}' : null),
}

/** Applies patches while a page is built. @param unused Keeps the patches whose file is not part of the bundle. */
export function patchSources(
  patches: readonly SourcePatch[],
  unused = new Set<SourcePatch>(patches),
): Plugin {
  return {
    name: 'patch-sources',
    enforce: 'pre',
    load(id) {
      const file = relative(repository, id.split('?')[0] ?? id)
      const own = patches.filter((patch) => patch.file === file)
      if (own.length === 0 || !existsSync(id)) return null
      for (const patch of own) unused.delete(patch)
      return own.reduce(applyPatch, readFileSync(id, 'utf8'))
    },
  }
}

/**
 * Applies a patch. Indentation does not matter, so a patch survives code that moves in or out of a block.
 *
 * @throws Error unless `find` occurs exactly once, because a patch must be unambiguous.
 */
export function applyPatch(source: string, { file, find, replace }: SourcePatch): string {
  const pattern = find.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/\n */g, '\\n *')
  const parts = source.split(new RegExp(pattern))
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} of: ${find}`)
  return parts.join(replace)
}
