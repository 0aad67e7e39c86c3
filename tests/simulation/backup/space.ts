import type { CaseSpace } from '../cases.js'
import { parseOps } from '../notation.js'
import type { Op } from '../subject.js'

const always = ['say', 'sync', 'restore'] as const

const themes = {
  devices: ['join', 'talk', 'leave', 'remove', 'list'],
  lostDevices: ['wipe', 'join', 'leave', 'crash', 'remove'],
  editing: ['edit', 'edit', 'join', 'leave', 'talk'],
  deletion: ['remove', 'join', 'leave', 'crash'],
  reuse: ['remove', 'reuse', 'reuse', 'leave', 'join', 'flaky', 'crash'],
  creation: ['create', 'join', 'crash', 'addSecret', 'forget'],
  badCreation: ['create', 'slow', 'giveUp', 'deliver', 'flaky', 'crash'],
  leaving: ['crash', 'shut', 'tab', 'leave', 'talk'],
  lateRequests: ['slow', 'deliver', 'giveUp', 'crash', 'shut', 'remove'],
  losses: ['flaky', 'remove', 'talk', 'crash', 'join'],
  offline: ['offline', 'online', 'talk', 'remove', 'auto'],
  background: ['auto', 'wait', 'offline', 'online', 'crash', 'remove'],
  attacks: ['attack', 'snapshot', 'honest', 'join', 'remove'],
  longAttacks: ['attack', 'snapshot', 'talk', 'leave', 'flaky'],
  copies: ['keepCopy', 'putBack', 'newDevice', 'join'],
  clones: ['clone', 'newDevice', 'talk', 'slow', 'deliver'],
  secrets: ['addSecret', 'join', 'forget', 'flaky', 'tab'],
} as const
type Theme = keyof typeof themes
export type Kind = (typeof always)[number] | (typeof themes)[Theme][number]

export interface BackupOp extends Op {
  kind: Kind
}

export const DEVICES = 3

/** Two devices share a backup with one conversation, which no page has open. */
const shared = parseOps<Kind>('create 0, say 0 #2, leave 0, sync 0, join 1, restore 1')

export const space: CaseSpace<Kind> = {
  always,
  themes,
  weights: { say: 5, sync: 6, restore: 5, join: 4, create: 1, attack: 1, snapshot: 3, remove: 3 },
  tabs: DEVICES,
  maxLength: 30,
  maxN: 12,
  openings: [
    ['create', 'say', 'sync'],
    ['create', 'say', 'leave', 'sync'],
    ['create', 'say', 'leave', 'sync', 'snapshot', 'say', 'leave', 'sync'],
    [],
  ],
  interrupting: [
    'crash',
    'shut',
    'giveUp',
    'deliver',
    'offline',
    'attack',
    'say',
    'remove',
    'sync',
    'restore',
  ],
  repeating: ['sync', 'sync', 'restore', 'remove', 'create', 'join', 'online', 'deliver'],
  meetings: [
    // Nothing is in the store.
    { opening: parseOps('say 0, leave 0'), starts: ['create', 'create', 'join', 'auto'] },
    // One device has a backup.
    {
      opening: parseOps('create 0, say 0 #4, leave 0, sync 0, say 0'),
      starts: ['sync', 'remove', 'join', 'addSecret', 'forget', 'keepCopy', 'snapshot'],
    },
    // One device has deleted it, and its id is used again.
    {
      opening: [...shared, ...parseOps<Kind>('remove 0, wait 0 #1')],
      starts: ['reuse', 'sync', 'restore', 'remove'],
    },
    { opening: shared, starts: ['sync', 'restore', 'remove', 'say', 'snapshot', 'keepCopy', 'clone'] },
    // Both have continued it, or one of them has.
    {
      opening: [...shared, ...parseOps<Kind>('say 1, leave 1, say 0, leave 0')],
      starts: ['sync', 'restore', 'remove', 'keepCopy', 'snapshot'],
    },
    {
      opening: [...shared, ...parseOps<Kind>('snapshot 0, say 1, leave 1, sync 1')],
      starts: ['restore', 'restore', 'sync', 'remove', 'attack', 'newDevice'],
    },
  ],
  preparing: ['slow', 'flaky', 'attack', 'keepCopy', 'snapshot'],
  passing: ['wait'],
}
