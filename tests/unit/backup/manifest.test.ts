import { expect, it } from 'vitest'
import { generateDeviceKey } from '../../../src/lib/voice-agent/backup/device-key.js'
import {
  createManifest,
  openManifest,
  placeIn,
  skipOf,
} from '../../../src/lib/voice-agent/backup/manifest.js'
import { openVault } from '../../../src/lib/voice-agent/backup/vault.js'

const body = { base: null, changes: [], seen: {} }
const links = { seq: 1, prev: null, skip: null }
const openTestVault = (fill = 1, id = 'vault') => openVault(id, new Uint8Array(32).fill(fill))
const altered = expect.objectContaining({ code: 'backup-altered' })

it('opens what it created', async () => {
  const vault = await openTestVault()
  const device = await generateDeviceKey()
  const { name, bytes, place } = await createManifest(vault, device, links, body)
  expect(placeIn(vault.id, device.id, name)).toEqual(place)
  expect(await openManifest(vault, device.id, place, bytes)).toMatchObject({ ...links, body })
})

it("rejects a manifest created with the vault key under another device's name", async () => {
  const vault = await openTestVault()
  const [device, thief] = [await generateDeviceKey(), await generateDeviceKey()]
  const forged = { ...device, privateKey: thief.privateKey }
  const { bytes, place } = await createManifest(vault, forged, links, body)
  await expect(openManifest(vault, device.id, place, bytes)).rejects.toEqual(altered)
  const own = await createManifest(vault, thief, links, body)
  await expect(openManifest(vault, device.id, own.place, own.bytes)).rejects.toEqual(altered)
})

it('rejects a signed manifest with another vault or number, or without the vault key', async () => {
  const vault = await openTestVault()
  const device = await generateDeviceKey()
  for (const other of [await openTestVault(1, 'another'), await openTestVault(2)]) {
    const { bytes, place } = await createManifest(other, device, links, body)
    await expect(openManifest(vault, device.id, place, bytes)).rejects.toEqual(altered)
  }
  const { bytes, place } = await createManifest(vault, device, links, body)
  await expect(openManifest(vault, device.id, { ...place, seq: 2 }, bytes)).rejects.toEqual(altered)
  await expect(openManifest(vault, device.id, { ...place, hash: 'A'.repeat(43) }, bytes)).rejects.toEqual(
    altered,
  )
  const junk = new TextEncoder().encode('junk')
  await expect(openManifest(vault, device.id, place, junk.slice())).rejects.toEqual(altered)
})

it('leads from any manifest to any earlier one in at most 150 steps', () => {
  for (const [from, to] of [
    [100_000, 1],
    [99_999, 12_345],
    [65_536, 65_535],
  ] as const) {
    let [at, steps] = [from as number, 0]
    while (at > to) {
      at = skipOf(at) >= to ? skipOf(at) : at - 1
      steps++
    }
    expect(at).toBe(to)
    expect(steps).toBeLessThan(150)
  }
})
