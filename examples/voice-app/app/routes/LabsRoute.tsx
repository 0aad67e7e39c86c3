import { PageHeading } from '../components/PageHeading.js'
import { useAppSelector } from '../hooks.js'
import { chooseStoragePlace, readStoragePlace, type StoragePlace } from '../labs.js'

const places: Record<StoragePlace, string> = {
  indexeddb: 'IndexedDB, the default',
  opfs: 'OPFS, one encrypted log file in a worker',
}

/** Features to try. A choice reloads the page; conversations stay in the place where they were stored. */
export function LabsRoute() {
  const status = useAppSelector((state) => state.voiceAgent.session.storage)
  const chosen = readStoragePlace()
  return (
    <>
      <PageHeading title="Labs" />
      <fieldset>
        <legend>Where conversations are stored</legend>
        {Object.entries(places).map(([place, label]) => (
          <p key={place}>
            <label>
              <input
                type="radio"
                name="storage"
                checked={place === chosen}
                onChange={() => chooseStoragePlace(place as StoragePlace)}
              />{' '}
              {label}
            </label>
          </p>
        ))}
      </fieldset>
      <p>
        Storage: <strong>{status}</strong>
      </p>
    </>
  )
}
