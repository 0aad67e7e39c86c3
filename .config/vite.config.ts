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
  'share',
  'share/people',
  'share/react',
  'transports',
  'transports/livekit',
  'devtools',
  'testing',
]

// Whatever it is where this runs: JSX that is compiled for development fails in production, and names the files of this machine.
process.env.NODE_ENV = 'production'

/** The package: an ES module for each of the sources that an entry point needs, every dependency external. */
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
      // So that an app's bundler leaves out every file of which nothing is asked for.
      output: {
        preserveModules: true,
        preserveModulesRoot: resolve(root, 'src'),
        entryFileNames: '[name].js',
      },
    },
  },
})
