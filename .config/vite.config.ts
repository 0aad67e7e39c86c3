import { resolve } from 'node:path'
import { defineConfig } from 'vite'
import { minifiedStyles } from './minified-styles.js'

const root = resolve(import.meta.dirname, '..')
const entries = [
  'index',
  'react',
  'texts',
  'storage',
  'storage/stores',
  'passkey',
  'passkey/react',
  'mirror',
  'analytics',
  'backup',
  'backup/react',
  'share',
  'share/people',
  'share/react',
  'transports',
  'transports/livekit',
  'devtools',
  'testing',
]

// Ignores the environment, because JSX compiled for development fails in production and contains local file paths.
process.env.NODE_ENV = 'production'

/** Builds the package: one ES module per source file that an entry point needs, with every dependency external. */
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
      // Lets an app's bundler leave out every file that it does not use.
      output: {
        preserveModules: true,
        preserveModulesRoot: resolve(root, 'src'),
        entryFileNames: '[name].js',
      },
    },
  },
})
