import { BackupLab } from '../components/BackupLab.js'
import { CallReports } from '../components/CallReports.js'
import { PageHeading } from '../components/PageHeading.js'
import { PasskeyLab } from '../components/PasskeyLab.js'
import { SharingLab } from '../components/SharingLab.js'
import { useAppSelector } from '../hooks.js'
import { chooseMirror, chooseStoragePlace, mirror, readStoragePlace, type StoragePlace } from '../labs.js'

const places: Record<StoragePlace, string> = {
  indexeddb: 'IndexedDB, the default',
  opfs: 'OPFS, one encrypted log file in a worker',
}

/** Features to try. A choice reloads the page; conversations stay where they were stored. */
export function LabsRoute() {
  const status = useAppSelector((state) => state.voiceAgent.session.storage)
  const shown = useAppSelector((state) => state.voiceAgent.session.mirror)
  const chosen = readStoragePlace()
  return (
    <div className="labs">
      <PageHeading title="Labs" />
      <fieldset>
        <legend>Where conversations are stored</legend>
        {Object.entries(places).map(([place, label]) => (
          <label key={place} className="choice">
            <input
              type="radio"
              name="storage"
              checked={place === chosen}
              onChange={() => chooseStoragePlace(place as StoragePlace)}
            />
            {label}
          </label>
        ))}
        <p>
          Storage: <strong>{status}</strong>
        </p>
      </fieldset>
      <fieldset>
        <legend>One conversation in several tabs</legend>
        <p>Start a conversation, and open the shop in another tab.</p>
        <label className="choice">
          <input
            type="checkbox"
            name="mirror"
            checked={mirror !== null}
            onChange={({ target }) => chooseMirror(target.checked)}
          />
          Show, control and move another tab's conversation
        </label>
        <p>
          This tab: <strong>{shown ? `mirror, ${shown.status}` : 'has its own conversation'}</strong>
        </p>
      </fieldset>
      <PasskeyLab />
      <BackupLab />
      <SharingLab />
      <CallReports />
    </div>
  )
}
