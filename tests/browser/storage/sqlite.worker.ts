import { serveStore } from '../../../src/storage/stores.js'
import { openSqlite } from '../../recipes/sqlite-store.js'

serveStore(openSqlite)
