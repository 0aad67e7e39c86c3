import { readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'vite'

const repository = resolve(import.meta.dirname, '../..')
const { name, exports, peerDependencies, dependencies } = JSON.parse(
  readFileSync(join(repository, 'package.json'), 'utf8'),
)
/** Packages that an app bundles once, even if several packages need them. */
const others = [...Object.keys(peerDependencies), ...Object.keys(dependencies)]

/** Size of an app's code in bytes, minified and gzipped. */
export interface Bundled {
  atOnce: number
  /** Bytes that `import()` loads on demand. */
  later: number
  /** Code loaded immediately, and code loaded on demand. */
  text: string
  laterText: string
}

/** An app that consists only of this code, with the built package. */
function app(code: string, external: readonly string[]): Plugin {
  return {
    name: 'app',
    enforce: 'pre',
    resolveId(id) {
      if (id === 'app') return '\0app'
      const [first, ...path] = id.split('/')
      if (first === name) return join(repository, exports[['.', ...path].join('/')].default)
      return external.some((other) => id === other || id.startsWith(`${other}/`))
        ? { id, external: true }
        : null
    },
    load(id) {
      if (id === '\0app') return { code, moduleSideEffects: true }
      // Vite's helper for loading a chunk's style sheets. An app with lazy chunks has it already.
      return id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load()' : null
    },
  }
}

/** Bundles code for production as an app would, without the package's dependencies. Requires `npm run build`. */
export async function bundle(code: string, external: readonly string[] = others): Promise<Bundled> {
  const result = await build({
    root: repository,
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    plugins: [app(code, external)],
    build: { target: 'es2022', write: false, modulePreload: false, rolldownOptions: { input: 'app' } },
  })
  const files = [result].flat().flatMap((built) => ('output' in built ? built.output : []))
  const chunks = files.filter((file) => file.type === 'chunk')
  const loaded = chunks.filter(({ isEntry }) => isEntry)
  // Grows during iteration.
  for (const { imports } of loaded) {
    loaded.push(...chunks.filter((chunk) => imports.includes(chunk.fileName) && !loaded.includes(chunk)))
  }
  // Skips chunks that no code imports, which bundlers write nevertheless.
  const needed = [...loaded]
  for (const { code: asking } of needed) {
    needed.push(
      ...chunks.filter((chunk) => asking.includes(basename(chunk.fileName)) && !needed.includes(chunk)),
    )
  }
  const later = needed.slice(loaded.length)
  const sizeOf = (some: typeof chunks) =>
    some.reduce((sum, chunk) => sum + gzipSync(chunk.code, { level: 9 }).length, 0)
  const textOf = (some: typeof chunks) => some.map((chunk) => chunk.code).join('\n')
  return { atOnce: sizeOf(loaded), later: sizeOf(later), text: textOf(loaded), laterText: textOf(later) }
}
