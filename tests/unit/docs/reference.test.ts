/** Compares the reference pages with the code. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as core from 'redux-voice-agent'
import * as analytics from 'redux-voice-agent/analytics'
import * as backup from 'redux-voice-agent/backup'
import * as backupReact from 'redux-voice-agent/backup/react'
import * as devtools from 'redux-voice-agent/devtools'
import * as mirror from 'redux-voice-agent/mirror'
import * as passkey from 'redux-voice-agent/passkey'
import * as passkeyReact from 'redux-voice-agent/passkey/react'
import * as react from 'redux-voice-agent/react'
import * as share from 'redux-voice-agent/share'
import * as sharePeople from 'redux-voice-agent/share/people'
import * as shareReact from 'redux-voice-agent/share/react'
import * as storage from 'redux-voice-agent/storage'
import * as stores from 'redux-voice-agent/storage/stores'
import * as testing from 'redux-voice-agent/testing'
import * as texts from 'redux-voice-agent/texts'
import * as transports from 'redux-voice-agent/transports'
import * as livekit from 'redux-voice-agent/transports/livekit'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../../store/index.js'
import { root } from './pages.js'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const codeOf = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)

/** The section below a heading, up to the next heading of the same level. */
function sectionOf(page: string, heading: string): string {
  const [, section] = new RegExp(`\\n## ${heading}\\n([\\s\\S]*?)(?=\\n## |$)`).exec(page) ?? []
  if (section === undefined) throw new Error(`The page has no section ${heading}.`)
  return section
}

/** Cells of a section's table rows, without the headers. */
function rowsOf(section: string): string[][] {
  const lines = section.split('\n').filter((line) => line.startsWith('| '))
  return lines
    .filter((_, index) => index > 0)
    .filter((line) => !line.startsWith('|---'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

interface Property {
  name: string
  /** The `@default` in its docstring. */
  fallback: string | undefined
}

/** Properties of an interface, with their docstrings. */
function propertiesOf(path: string, name: string): Property[] {
  const source = read(path)
  const { program, comments } = parseSync(path, source)
  for (const node of program.body) {
    const declared = 'declaration' in node ? node.declaration : null
    if (declared?.type !== 'TSInterfaceDeclaration' || declared.id.name !== name) continue
    return declared.body.body.flatMap((member) => {
      if (member.type !== 'TSPropertySignature' || !('name' in member.key)) return []
      const comment = comments.findLast(
        ({ end }) => end <= member.start && source.slice(end, member.start).trim() === '',
      )
      const [, fallback] = /@default\s+([^@]*)/.exec(comment?.value ?? '') ?? []
      return [{ name: String(member.key.name), fallback: fallback?.replace(/\s*\n\s*\*\s*/g, ' ').trim() }]
    })
  }
  throw new Error(`${path} has no interface ${name}.`)
}

const plain = (text: string) => text.replaceAll('`', '').replace(/\s+/g, ' ').trim()

describe('options', () => {
  const page = read('docs/reference/options.md')
  it.each([
    ['The agent', 'src/lib/voice-agent/options/options.ts', 'VoiceAgentOptions'],
    ['`persistence`', 'src/lib/voice-agent/options/options.ts', 'PersistenceOptions'],
    ['`reconnect`', 'middleware/drivers/call/reconnect-policy.ts', 'ReconnectPolicyOptions'],
  ])('%s: each has a row, with the default from its docstring', (heading, path, name) => {
    const rows = rowsOf(sectionOf(page, heading))
    const properties = propertiesOf(path, name)
    expect(rows.map(([option = '']) => plain(option)).toSorted()).toEqual(
      properties.map(({ name }) => name).toSorted(),
    )
    for (const [option = '', , fallback = ''] of rows) {
      const documented = properties.find(({ name }) => name === plain(option))?.fallback
      if (documented !== undefined) expect(plain(fallback), option).toBe(plain(documented))
    }
  })
})

describe('state', () => {
  const page = read('docs/reference/state.md')
  const voiceAgent = core.createVoiceAgent({ apiEndpoint: '/api', persistence: false })
  const state = voiceAgent.reducer(undefined, { type: 'init' }) as unknown as Record<string, object>
  it.each(['connection', 'conversation', 'session', 'stats'])('%s: each field has a row', (slice) => {
    const fields = rowsOf(sectionOf(page, `\`${slice}\``)).flatMap(([names = '']) => codeOf(names))
    expect(fields.toSorted()).toEqual(Object.keys(state[slice] ?? {}).toSorted())
  })
})

it('lists each selector once', () => {
  const { selectors } = core.createVoiceAgent({ apiEndpoint: '/api', persistence: false })
  const rows = rowsOf(sectionOf(read('docs/reference/state.md'), 'Selectors'))
  const listed = rows.flatMap(([names = '']) => codeOf(names).map((name) => name.replace(/\(.*/, '')))
  expect(listed.toSorted()).toEqual(Object.keys(selectors).toSorted())
})

describe('hooks', () => {
  const page = read('docs/reference/hooks.md')
  const hooks = 'src/components/voice-agent/hooks'
  const types: [heading: string, ...interfaces: [path: string, name: string][]][] = [
    ['useWebRTCVoiceAssistant', [`${hooks}/useWebRTCVoiceAssistant.ts`, 'VoiceAssistant']],
    ['useVoiceAgentCommands', [`${hooks}/commands.ts`, 'VoiceAssistantCommands']],
    ['useOutbox', [`${hooks}/agent-hooks.ts`, 'Outbox']],
    ['useStoredConversations', [`${hooks}/useStoredConversations.ts`, 'StoredConversations']],
    [
      'useAudioDevices',
      [`${hooks}/useAudioDevices.ts`, 'ChosenAudioDevices'],
      ['src/lib/voice-agent/audio/audio-devices.ts', 'AudioDevices'],
    ],
  ]
  it.each(types)('%s: each field has a row', (heading, ...interfaces) => {
    const rows = rowsOf(sectionOf(page, `\`${heading}\``))
    const listed = rows.flatMap(([names = '']) => codeOf(names).map((name) => name.replace(/\(.*/, '')))
    const fields = interfaces.flatMap(([path, name]) => propertiesOf(path, name)).map(({ name }) => name)
    expect(listed.toSorted()).toEqual(fields.toSorted())
  })

  it('lists each hook', () => {
    const exported = Object.keys(react).filter((name) => name.startsWith('use'))
    const listed = new Set(codeOf(page).map((code) => code.replace(/\(.*/, '')))
    expect(exported.filter((name) => !listed.has(name))).toEqual([])
  })
})

/** Source texts of a class's public methods and getters, by name. */
function methodsOf(path: string, name: string): ReadonlyMap<string, string> {
  const source = read(path)
  const { program, comments } = parseSync(path, source)
  const isInternal = (start: number) =>
    comments
      .findLast(({ end }) => end <= start && source.slice(end, start).trim() === '')
      ?.value.includes('@internal')
  const [members] = program.body.flatMap((node) => {
    const declared = 'declaration' in node ? node.declaration : null
    return declared?.type === 'ClassDeclaration' && declared.id?.name === name ? [declared.body.body] : []
  })
  if (!members) throw new Error(`${path} has no class ${name}.`)
  return new Map(
    members.flatMap((member) =>
      member.type === 'MethodDefinition' &&
      member.kind !== 'constructor' &&
      member.key.type === 'Identifier' &&
      !isInternal(member.start)
        ? [[member.key.name, source.slice(member.start, member.end)] as const]
        : [],
    ),
  )
}

describe('actions and events', () => {
  const methods: Record<string, ReadonlyMap<string, string>> = {
    agent: methodsOf('src/lib/voice-agent/webrtc/main.ts', 'WebRTCVoiceAgent'),
    sessionManager: methodsOf('src/lib/voice-agent/enhanced-session-manager.ts', 'EnhancedSessionManager'),
  }
  const page = read('docs/reference/actions-and-events.md')
  const { actions, agent } = core.createVoiceAgent({ apiEndpoint: '/api', persistence: false })
  const [tables = '', events = ''] = page.split('\n## Events\n')

  it('lists each action once', () => {
    const listed = tables
      .split('\n## ')
      .slice(1)
      .flatMap((section) => rowsOf(section).flatMap(([names = '']) => codeOf(names)))
    expect(listed.toSorted()).toEqual(Object.keys(actions).toSorted())
  })

  it('lists each event', () => {
    const properties = propertiesOf('src/lib/voice-agent/agent/agent-events.ts', 'VoiceAgentEvents')
    const listed = rowsOf(events.split('\n## ')[0] ?? '').flatMap(([name = '']) => codeOf(name))
    expect(listed.toSorted()).toEqual(properties.map(({ name }) => name).toSorted())
  })

  it('names only existing methods', () => {
    const methods = [...page.matchAll(/`(?:agent|sessionManager)\.(\w+)\(/g)].map(([, name = '']) => name)
    expect(methods.length).toBeGreaterThan(30)
    const has = (name: string) => name in agent || name in agent.sessionManager
    expect(methods.filter((name) => !has(name))).toEqual([])
  })

  it('names each method beside the action that it dispatches', () => {
    const rows = rowsOf(sectionOf(page, 'Requests from the user or the app'))
    const listed = rows.flatMap(([names = '', methods = '']) =>
      codeOf(methods).map((method) => [method.replace(/\(.*/, ''), codeOf(names)] as const),
    )
    expect(listed.length).toBeGreaterThan(30)
    for (const [method, names] of listed) {
      const [owner = '', name = ''] = method.split('.')
      const body = methods[owner]?.get(name) ?? ''
      const [, delegate = name] = /this\.sessionManager\.(\w+)\(/.exec(body) ?? []
      const code = methods.sessionManager?.get(delegate) ?? body
      const [, dispatched = `${name}Requested`] = /\bactions\.(\w+)\(/.exec(code) ?? []
      expect(names, method).toContain(dispatched)
    }
  })

  it('or the list of entry points names each public method', () => {
    const entryPoints = sectionOf(read('docs/reference/entry-points.md'), '`redux-voice-agent`')
    const listed = codeOf(page + entryPoints).map((code) => code.replace(/^\w+\./, '').replace(/\(.*/, ''))
    const names = Object.values(methods).flatMap((found) => [...found.keys()])
    expect(names.length).toBeGreaterThan(60)
    expect(names.filter((name) => !listed.includes(name))).toEqual([])
  })
})

describe('entry points', () => {
  const page = read('docs/reference/entry-points.md')
  const modules = {
    '': core,
    '/react': react,
    '/texts': texts,
    '/storage': storage,
    '/storage/stores': stores,
    '/passkey': passkey,
    '/passkey/react': passkeyReact,
    '/mirror': mirror,
    '/analytics': analytics,
    '/backup': backup,
    '/backup/react': backupReact,
    '/share': share,
    '/share/people': sharePeople,
    '/share/react': shareReact,
    '/transports': transports,
    '/transports/livekit': livekit,
    '/devtools': devtools,
    '/testing': testing,
  }

  /** All names that an entry point's source exports, including types. */
  function exportedBy(path: string): string[] {
    const source = read(path)
    return parseSync(path, source).program.body.flatMap((node) => {
      if (node.type !== 'ExportNamedDeclaration') return []
      const { declaration } = node
      const declared =
        declaration?.type === 'VariableDeclaration'
          ? declaration.declarations.flatMap(({ id }) => ('name' in id ? [String(id.name)] : []))
          : []
      const named = node.specifiers.map(({ exported }) =>
        'name' in exported ? String(exported.name) : String(exported.value),
      )
      return [...declared, ...named]
    })
  }

  it.each(Object.entries(modules))('redux-voice-agent%s: each exported name is listed', (entry, module) => {
    const section = sectionOf(page, `\`redux-voice-agent${entry}\``)
    const listed = new Set(codeOf(section))
    const exported = exportedBy(`src/${entry === '' ? 'index' : entry.slice(1)}.ts`)
    expect(Object.keys(module).filter((name) => !listed.has(name))).toEqual([])
    expect(exported.filter((name) => !listed.has(name))).toEqual([])
  })

  it('names only existing methods of the agent and the session manager', () => {
    const { agent } = core.createVoiceAgent({ apiEndpoint: '/api', persistence: false })
    const [, ...paragraphs] = sectionOf(page, '`redux-voice-agent`').split('Methods of ')
    const methods = paragraphs.flatMap((text) => codeOf(text.split('\n\n')[0] ?? ''))
    const names = methods.map((method) => method.replace(/\(.*/, ''))
    expect(names.length).toBeGreaterThan(15)
    expect(names.filter((name) => !(name in agent) && !(name in agent.sessionManager))).toEqual([])
  })
})

const errorsPage = 'docs/reference/errors.md'

it.skipIf(!existsSync(join(root, errorsPage)))('explains each error code', () => {
  const codes = codeOf(read(errorsPage))
  expect(errorCodes.filter((code) => !codes.includes(code))).toEqual([])
})
