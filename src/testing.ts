export { type ConnectScript, type ScriptedTransport, scriptedTransport } from './lib/voice-agent/transports/scripted.js'
