import { type Plugin, runnerImport } from 'vite'
import { minifyCss } from './minify-css.js'

/** Minifies the style sheets, because an app's minifier does not look into template strings. */
export function minifiedStyles(folder: string): Plugin {
  return {
    name: 'minified-styles',
    async transform(_code, id) {
      if (!id.startsWith(folder)) return null
      const { module } = await runnerImport<Record<string, string>>(id, {
        configFile: false,
        logLevel: 'error',
      })
      const exports = Object.entries(module).map(
        ([name, css]) => `export const ${name} = ${JSON.stringify(minifyCss(css))}`,
      )
      return { code: exports.join('\n'), map: null }
    },
  }
}
