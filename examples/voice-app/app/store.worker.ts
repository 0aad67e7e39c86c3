import { opfsStore, serveStore } from 'redux-voice-agent/storage/stores'

serveStore(opfsStore)
