import { resolve } from 'node:path'
import { defineConfig } from 'vite'
import { minifiedStyles } from './minified-styles.js'

const root = resolve(import.meta.dirname, '..')
const entries = ['index', 'react', 'storage', 'transports', 'devtools', 'testing']

/** The package: one ES module per entry point, every dependency external. */
export default defineConfig({
  root,
  plugins: [minifiedStyles(resolve(root, 'src/components/voice-agent/styles'))],
  build: {
    target: 'es2022',
    minify: false,
    sourcemap: true,
    lib: {
      entry: Object.fromEntries(entries.map((name) => [name, resolve(root, `src/${name}.ts`)])),
      formats: ['es'],
    },
    rollupOptions: {
      external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('\0'),
      output: { chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
})
