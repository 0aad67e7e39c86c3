import type { StorageTools } from '../../../../../middleware/drivers/storage/ports.js'
import { check } from './check.js'
import { exportSession } from './export-session.js'
import { importSession } from './import-session.js'
import type { ToolPorts } from './ports.js'
import { openReadOnly } from './read-only.js'
import { repair } from './repair.js'
import { search } from './search.js'
import { readTitles } from './titles.js'
import { measureUsage } from './usage.js'

/** Creates the tools of an open database. Loaded when the first tool is called. */
export function createStorageTools(ports: ToolPorts): StorageTools {
  return {
    exportSession: (sessionId, options) => exportSession(ports, sessionId, options),
    importSession: (file, options) => importSession(ports, file, options),
    check: () => check(ports),
    repair: () => repair(ports),
    openReadOnly: (sessionId) => openReadOnly(ports, sessionId),
    readTitles: (sessionIds) => readTitles(ports, sessionIds),
    search: (query, options) => search(ports, query, options),
    measureUsage: (options) => measureUsage(ports, options),
  }
}
