import { resolve } from 'node:path'
import { patchSources } from '../simulation/bundle.js'
import { servePage } from '../support/serve-page.js'

/** Faults that delete conversations without proof: one clock reading is enough, even after a jump. */
const mutant = [
  {
    file: 'src/lib/voice-agent/storage/sessions/expiry-proof.ts',
    find: 'if (!mark || mark.page === page || now - mark.at < SIGHTING_GAP_MS || sinceJump < now - before) return null',
    replace: 'if (!mark) return { before, from: null }',
  },
  {
    file: 'src/lib/voice-agent/storage/sessions/expiry-proof.ts',
    find: '{ now, before, page }: { now: number; before: number; page: string },',
    replace: '{ before }: { now: number; before: number; page: string },',
  },
]

/** @param options.isMutant Builds the page with a fault that must be found. */
export function serveChaos({ isMutant = false } = {}) {
  return servePage(resolve(import.meta.dirname, 'page'), isMutant ? [patchSources(mutant)] : [])
}
