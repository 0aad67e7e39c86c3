import type { SessionRecords } from '../../../../middleware/persistence/ports.js'
import type { TabIdentity } from '../../../../middleware/restore/ports.js'
import type { TokenVault } from '../../../../middleware/token-refresh/ports.js'

/** Everything of a tab that is stored. */
export interface VoiceStorage {
  records: SessionRecords
  tokens: TokenVault
  tab: TabIdentity
}
