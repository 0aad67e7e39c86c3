import { opfsStore, serveStore } from '../../../src/storage/stores.js'

serveStore(opfsStore)
