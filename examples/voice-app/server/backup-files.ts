import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A place for the objects of a backup. */
export interface BackupFiles {
  get(name: string): Promise<Uint8Array | null>
  set(name: string, bytes: Uint8Array): Promise<void>
  remove(name: string): Promise<void>
  /** Lists all objects, with their sizes and the times of their last change. */
  entries(): Promise<{ name: string; size: number; changedAt: number }[]>
}

/** In the memory of this process, so they end with it. */
export function memoryFiles(now: () => number = Date.now): BackupFiles {
  const files = new Map<string, { bytes: Uint8Array; changedAt: number }>()
  return {
    get: async (name) => files.get(name)?.bytes ?? null,
    set: async (name, bytes) => void files.set(name, { bytes, changedAt: now() }),
    remove: async (name) => void files.delete(name),
    entries: async () =>
      [...files].map(([name, { bytes, changedAt }]) => ({ name, size: bytes.length, changedAt })),
  }
}

/** Ending of a file that is being written. No name of an object has a dot. */
const UNFINISHED = '.part'

/** In a folder, which is made with the first object. */
export function folderFiles(folder: string): BackupFiles {
  const pathOf = (name: string) => join(folder, encodeURIComponent(name))
  let count = 0
  const orNull = (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  }
  return {
    get: async (name) => readFile(pathOf(name)).catch(orNull),
    async set(name, bytes) {
      await mkdir(folder, { recursive: true })
      // Renamed, so that a process that is killed leaves no half of an object.
      const unfinished = join(folder, `${process.pid}-${++count}${UNFINISHED}`)
      await writeFile(unfinished, bytes)
      await rename(unfinished, pathOf(name))
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    async entries() {
      const names = (await readdir(folder).catch(orNull)) ?? []
      const all = await Promise.all(
        names.map(async (file) => {
          const path = join(folder, file)
          if (file.endsWith(UNFINISHED)) {
            await rm(path, { force: true })
            return []
          }
          const found = await stat(path).catch(orNull)
          if (!found) return []
          return [{ name: decodeURIComponent(file), size: found.size, changedAt: found.mtimeMs }]
        }),
      )
      return all.flat()
    },
  }
}
