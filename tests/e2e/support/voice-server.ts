import type { ChildProcess } from 'node:child_process'
import { answers, end, runScript } from './processes.js'

/** The example's voice server on one port, which tests kill and restart. */
export interface VoiceServer {
  readonly port: number
  /** @param settings Environment variables for this start only. */
  start(settings?: NodeJS.ProcessEnv): Promise<void>
  /** SIGKILL: no farewell, and all sessions in memory are lost. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export function createVoiceServer(port: number, env: NodeJS.ProcessEnv = {}): VoiceServer {
  let child: ChildProcess | undefined
  return {
    port,
    async start(settings = {}) {
      child = runScript('examples/voice-app/server/main.ts', {
        ...env,
        ...settings,
        VOICE_SERVER_PORT: String(port),
      })
      child.stdout?.resume()
      child.stderr?.pipe(process.stderr)
      await answers(`http://127.0.0.1:${port}/api/voice-agent/health`)
    },
    async kill() {
      if (child) await end(child, 'SIGKILL')
    },
    async stop() {
      if (child) await end(child, 'SIGTERM')
    },
  }
}
