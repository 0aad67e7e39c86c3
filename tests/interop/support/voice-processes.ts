import { freePort } from '../../e2e/support/processes.js'
import { createVoiceServer, type VoiceServer } from '../../e2e/support/voice-server.js'
import { createRoundRobin, type RoundRobin } from './round-robin.js'

/** Seconds after which a killed process's sessions are free. */
export const leaseSeconds = 2

/** Several processes of the example's voice server behind one address. */
export interface VoiceProcesses {
  readonly processes: readonly VoiceServer[]
  readonly balancer: RoundRobin
  stop(): Promise<void>
}

export async function startVoiceProcesses(
  count: number,
  redisUrl: string,
  port: number,
  settings: NodeJS.ProcessEnv = {},
  stickyHeader?: string,
): Promise<VoiceProcesses> {
  const processes: VoiceServer[] = []
  for (let index = 0; index < count; index++)
    processes.push(
      createVoiceServer(await freePort(), {
        REDIS_URL: redisUrl,
        VOICE_TOKEN_SECRET: 'one secret for all processes',
        VOICE_LEASE_S: String(leaseSeconds),
        VOICE_WORDS_PER_MINUTE: '400',
        ...settings,
      }),
    )
  const balancer = await createRoundRobin(
    port,
    processes.map(({ port }) => port),
    stickyHeader,
  )
  await Promise.all(processes.map((process) => process.start()))
  return {
    processes,
    balancer,
    async stop() {
      await Promise.all(processes.map((process) => process.stop()))
      await balancer.close()
    },
  }
}
