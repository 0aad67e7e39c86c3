import type { LazyPersistencePorts } from '../../../../middleware/persistence/lazy.js'
import type { SessionCatalogue, SessionRecords } from '../../../../middleware/persistence/ports.js'
import type { TabIdentity } from '../../../../middleware/restore/ports.js'
import type { TokenVault } from '../../../../middleware/token-refresh/ports.js'

/** A tab's storage: sessions, the token and the tab's identity. Implement it to store them elsewhere. */
export interface VoiceStorage {
  records: SessionRecords
  tokens: TokenVault
  tab: TabIdentity
}

/** The part of a tab's storage that works before the storage code is loaded. */
export interface LazyStorage extends Pick<LazyPersistencePorts, 'onStorageLoaded'> {
  records: SessionCatalogue
  tokens: Pick<TokenVault, 'save' | 'clear'>
  tab: Pick<TabIdentity, 'claim' | 'release'>
}
