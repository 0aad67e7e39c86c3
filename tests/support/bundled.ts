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
  /** Code that is loaded immediately, and code that is loaded later. */
  text: string
  laterText: string
}

/** An app of this code alone, with the package as it is built. */
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
      // Helper with which Vite loads a chunk's style sheets: an app that loads any chunk of its own has it already.
      return id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load()' : null
    },
  }
}

/** Bundles it as an app would, for production, without what the package itself depends on. `npm run build` comes first. */
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
  // Grows while it is gone through.
  for (const { imports } of loaded) {
    loaded.push(...chunks.filter((chunk) => imports.includes(chunk.fileName) && !loaded.includes(chunk)))
  }
  // Leaves out chunks that no code imports, which bundlers write nevertheless.
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
