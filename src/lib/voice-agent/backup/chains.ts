import { BackupError } from './backup-error.js'
import {
  type Body,
  chainPrefix,
  devicesPrefix,
  FOLDER_SIZE,
  folderOf,
  folderPrefix,
  type Manifest,
  manifestName,
  openManifest,
  type Place,
  placeIn,
  skipOf,
} from './manifest.js'
import type { Objects } from './object-store.js'
import type { Vault } from './vault.js'

/** The newest manifest of a device. */
export type Head = Manifest & { body: Body }

export type Remembered = Readonly<Record<string, Place>>

/**
 * Reads each device's newest manifest. Verifies it against manifests that this device remembers and that other devices have seen.
 *
 * @param remembered Newest manifests verified by this device, by device id. Empty for a new device.
 * @throws BackupError `backup-rolled-back` if a chain ends before a known manifest
 * @throws BackupError `backup-forked` if a device has two manifests with the same number
 * @throws BackupError `backup-altered`, `backup-incomplete`, `backup-newer`, `backup-unreachable`
 */
export async function readChains(objects: Objects, vault: Vault, remembered: Remembered): Promise<Head[]> {
  const prefix = devicesPrefix(vault.id)
  const listed = (await objects.list(prefix)).map((name) => name.slice(prefix.length))
  // A map, because the store may list any name, such as that of a built-in property.
  const known = new Map(Object.entries(remembered))
  const devices = [...new Set([...known.keys(), ...listed])].sort()
  const heads: Head[] = []
  for (const device of devices) {
    const head = await readChain(objects, vault, device, known.get(device) ?? null)
    if (head) heads.push(head)
  }
  // The claims of known manifests were compared when they were new.
  const news = heads.filter(({ device, hash }) => known.get(device)?.hash !== hash)
  await compareSeen(objects, vault, heads, news)
  return heads
}

async function readChain(
  objects: Objects,
  vault: Vault,
  device: string,
  known: Place | null,
): Promise<Head | null> {
  const places = await listPlaces(objects, vault, device, known)
  const newest = places.at(-1)
  if (newest === undefined) {
    if (known) throw new BackupError('backup-rolled-back')
    return null
  }
  if (known && newest.seq < known.seq) throw new BackupError('backup-rolled-back')
  for (const [index, place] of places.entries())
    if (places[index + 1]?.seq === place.seq) await assertNoFork(objects, vault, device, places, place.seq)
  const head = await readManifest(objects, vault, device, newest)
  if (known) await assertDescends(objects, vault, head, known)
  return head
}

/** Two manifests with the same number are a fork if the device signed both. Otherwise, the store's operator added one. */
async function assertNoFork(
  objects: Objects,
  vault: Vault,
  device: string,
  places: readonly Place[],
  seq: number,
): Promise<void> {
  for (const place of places) if (place.seq === seq) await readManifest(objects, vault, device, place)
  throw new BackupError('backup-forked')
}

/** Lists a chain starting with the known manifest's folder, sorted by number. A new device lists the whole chain. */
async function listPlaces(
  objects: Objects,
  vault: Vault,
  device: string,
  known: Place | null,
): Promise<Place[]> {
  const names: string[] = []
  if (known === null) names.push(...(await objects.list(chainPrefix(vault.id, device))))
  else
    for (let folder = folderOf(known.seq); ; folder++) {
      const found = await objects.list(folderPrefix(vault.id, device, folder))
      names.push(...found)
      const last = (folder + 1) * FOLDER_SIZE - 1
      if (!found.some((name) => placeIn(vault.id, device, name)?.seq === last)) break
    }
  const places = names.flatMap((name) => placeIn(vault.id, device, name) ?? [])
  return places.sort((a, b) => a.seq - b.seq)
}

async function readManifest(objects: Objects, vault: Vault, device: string, place: Place): Promise<Head> {
  const bytes = await objects.get(manifestName(vault.id, device, place))
  if (bytes === null) throw new BackupError('backup-incomplete')
  return openManifest(vault, device, place, bytes)
}

/**
 * Follows a chain back to an earlier manifest, in at most 150 steps for 100,000 manifests.
 *
 * @throws BackupError `backup-forked` if the chain has another manifest there; others as {@link readChains}
 */
async function assertDescends(objects: Objects, vault: Vault, head: Head, earlier: Place): Promise<void> {
  let at: Manifest = head
  while (at.seq > earlier.seq) {
    const skips = skipOf(at.seq) >= earlier.seq
    const seq = skips ? skipOf(at.seq) : at.seq - 1
    const hash = skips ? at.skip : at.prev
    // This package signs no manifest without a link.
    if (hash === null) throw new BackupError('backup-altered')
    if (seq === earlier.seq) {
      if (hash !== earlier.hash) throw new BackupError('backup-forked')
      return
    }
    at = await readManifest(objects, vault, head.device, { seq, hash })
  }
  if (at.seq !== earlier.seq || at.hash !== earlier.hash) throw new BackupError('backup-forked')
}

/** Checks that each chain contains the manifests that the devices of new manifests have seen. */
async function compareSeen(
  objects: Objects,
  vault: Vault,
  heads: readonly Head[],
  news: readonly Head[],
): Promise<void> {
  const byDevice = new Map(heads.map((head) => [head.device, head]))
  for (const { body } of news) {
    for (const [device, place] of Object.entries(body.seen)) {
      const head = byDevice.get(device)
      if (!head || head.seq < place.seq) throw new BackupError('backup-rolled-back')
      await assertDescends(objects, vault, head, place)
    }
  }
}
