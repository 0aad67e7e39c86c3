import type { StandardSchema } from '../../../middleware/drivers/tools/standard-schema.js'
import type { VoiceAgentError } from '../../../store/index.js'
import { type Browser, Page, type StorageArea } from '../browser.js'
import { bundlePage, type PageCode, type SourcePatch } from '../bundle.js'
import type { Disk } from '../disk.js'
import { codeOf } from '../storage/client.js'
import { simulatedStorage } from '../storage/patches.js'
import { Violation, type World } from '../world.js'
import type { App } from './entry.js'
import type { Microphones } from './media.js'
import type { VoiceServer } from './voice-server.js'

/** A Standard Schema, so that the tool receives the id of its call. */
const takesId: StandardSchema<{ id: string }> = {
  '~standard': {
    version: 1,
    vendor: 'simulation',
    validate: (value) => ({ value: value as { id: string } }),
  },
}

interface AgentExports {
  createApp: typeof import('./entry.js').createApp
  VoiceAgentError: typeof VoiceAgentError
}
export type AgentCode = PageCode<AgentExports>

/** Samples the call quality less often, because nothing depends on it. */
const rareSamples: SourcePatch = {
  file: 'middleware/drivers/call/sampling.ts',
  find: 'SAMPLE_INTERVAL_MS = 1_000',
  replace: 'SAMPLE_INTERVAL_MS = 60_000',
}

export const bundleAgent = (patches: readonly SourcePatch[] = []): Promise<AgentCode> =>
  bundlePage('tests/simulation/agent/entry.ts', [
    ...simulatedStorage,
    rareSamples,
    plainScopes,
    lateCode,
    ...patches,
  ])

/** A user of the app; null for no particular user. */
export type Scope = 'ben' | null

/** Name of a user's database. */
export const databaseOf = (scope: Scope) => `redux-voice-agent${scope === null ? '' : `~${scope}`}`

/** Names databases after their users, so that the simulation knows the owner. */
const plainScopes: SourcePatch = {
  file: 'src/lib/voice-agent/storage/scoped-name.ts',
  find: 'const digest =',
  replace: "if (scope !== '') return databaseName + '~' + scope\n  const digest =",
}

/** The code with effects arrives when the page's `codeArrives` resolves. */
const lateCode: SourcePatch = {
  file: 'src/lib/voice-agent/agent/agent-core.ts',
  find: 'await importWithUnloadRetry(',
  replace: 'await globalThis.codeArrives().then(',
}

/** Everything outside the pages. */
export interface Environment {
  browser: Browser
  diskNamed(name: string): Disk
  server: VoiceServer
  microphones: Microphones
  /** Called when a page runs a tool. */
  onToolRun(toolCallId: string): void
}

/** An app's page with its agent, and the requests that its user has made. */
export interface AgentPage extends App {
  page: Page
  /** Pending requests. */
  open: Set<string>
  ask(label: string, request: () => Promise<unknown> | undefined): void
  /** Switches the app to another provider. */
  switchTransport(): Promise<void>
}

/** Loads the app in a tab. Everything external that it awaits is an event of the world. */
export function simulateTab(
  world: World,
  { browser, diskNamed, server, microphones, onToolRun }: Environment,
  {
    code,
    area,
    name,
    scope,
    hasMirror,
    isLate,
  }: {
    code: AgentCode
    area: StorageArea
    name: string
    scope: Scope
    hasMirror: boolean
    /** True if its code with effects arrives as an event of the world. */
    isLate: boolean
  },
): AgentPage {
  const page = new Page(browser, name, area)
  const media = microphones.globalsFor(page)
  const openRecordStore = (databaseName: string) => diskNamed(databaseName).open(page, exports)
  const codeArrives = () =>
    isLate
      ? page.waitFor(
          new Promise<void>((resolve) => world.later(`the code of ${name} arrives`, () => page.run(resolve))),
        )
      : Promise.resolve()
  const exports: AgentExports = code(
    page.globals(
      { ...page.document(), ...media.globals, openRecordStore, codeArrives, indexedDB: {} },
      { ...media.navigator, onLine: true },
    ),
  )
  const runTool = ({ id }: { id: string }) => {
    onToolRun(id)
    return `done by ${id}`
  }
  const createTransport = () =>
    server.transportFor(
      page,
      () => app.voiceAgent.selectors.selectSession(app.store.getState()).id,
      (errorCode) => new exports.VoiceAgentError(errorCode),
    )
  const options = {
    apiEndpoint: '/api/voice-agent',
    transport: createTransport(),
    refreshToken: server.refreshFor(page),
    reconnect: { baseDelayMs: 500, maxAttempts: 3 },
    persistence: scope === null ? {} : { scope },
    tools: {
      look: { description: 'Looks at something.', parameters: takesId, run: runTool },
      pay: { description: 'Pays for something.', parameters: takesId, run: runTool, needsApproval: true },
    },
  }
  const app: App = exports.createApp(options, hasMirror)
  const open = new Set<string>()
  let count = 0

  return {
    ...app,
    page,
    open,
    switchTransport: () => app.voiceAgent.agent.switchTransport(createTransport()),
    ask(label, request) {
      const entry = `${label} #${++count}`
      open.add(entry)
      world.log?.(`    ${name}: ${label} …`)
      const settle = (outcome: string) => {
        if (!open.delete(entry)) world.violate(new Violation(`${name}: ${label} was answered twice.`))
        world.log?.(`    ${name}: ${label} ${outcome}`)
      }
      page.run(() => {
        void (async () => request())().then(
          () => settle('done'),
          (error: unknown) => settle(`failed: ${codeOf(error)}`),
        )
      })
    },
  }
}
