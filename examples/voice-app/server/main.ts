import { createVoiceServer } from './app.js'
import { folderFiles } from './backup-files.js'
import { createBackups } from './backups.js'

const { env } = process

function numberFrom(name: string, fallback: number): number {
  const value = env[name] === undefined || env[name] === '' ? fallback : Number(env[name])
  if (Number.isFinite(value) && value >= 0) return value
  console.error(`${name} must be a number`)
  process.exit(1)
}

/** Shares the sessions with other processes, which must accept each other's tokens. */
async function openStore() {
  if (!env.REDIS_URL) return undefined
  if (!env.VOICE_TOKEN_SECRET) {
    console.error('REDIS_URL needs VOICE_TOKEN_SECRET, the same for every process')
    process.exit(1)
  }
  const { createRedisStore } = await import('./redis-store.js')
  return createRedisStore({
    url: env.REDIS_URL,
    resumeSeconds: numberFrom('VOICE_RESUME_S', 120),
    leaseSeconds: numberFrom('VOICE_LEASE_S', 5),
  })
}

/** Signs the backup's requests to a bucket with S3's API, if its address is set. */
async function openBackupSigner() {
  const { BACKUP_S3_URL, BACKUP_S3_REGION, BACKUP_S3_ACCESS_KEY_ID, BACKUP_S3_SECRET_ACCESS_KEY } = env
  if (!BACKUP_S3_URL) return undefined
  if (!BACKUP_S3_ACCESS_KEY_ID || !BACKUP_S3_SECRET_ACCESS_KEY) {
    console.error('BACKUP_S3_URL needs BACKUP_S3_ACCESS_KEY_ID and BACKUP_S3_SECRET_ACCESS_KEY')
    process.exit(1)
  }
  const { createS3Signer } = await import('./s3-signer.js')
  return createS3Signer({
    url: BACKUP_S3_URL.replace(/\/+$/, ''),
    region: BACKUP_S3_REGION || 'us-east-1',
    accessKeyId: BACKUP_S3_ACCESS_KEY_ID,
    secretAccessKey: BACKUP_S3_SECRET_ACCESS_KEY,
    folder: 'demo',
  })
}

const store = await openStore()
const backupSigner = await openBackupSigner()
const server = createVoiceServer({
  ...(store ? { store } : {}),
  ...(backupSigner ? { backupSigner } : {}),
  ...(env.VOICE_BACKUP_FOLDER
    ? { backups: createBackups({ files: folderFiles(env.VOICE_BACKUP_FOLDER) }) }
    : {}),
  internal: {
    port: numberFrom('VOICE_INTERNAL_PORT', 0),
    ...(env.VOICE_INTERNAL_HOST ? { host: env.VOICE_INTERNAL_HOST } : {}),
  },
  maxCalls: numberFrom('VOICE_MAX_CALLS', 20),
  allowedOrigins: env.VOICE_ALLOWED_ORIGINS?.split(',') ?? [],
  tokenTtlSeconds: numberFrom('VOICE_TOKEN_TTL_S', 600),
  resumeSeconds: numberFrom('VOICE_RESUME_S', 120),
  wordsPerMinute: numberFrom('VOICE_WORDS_PER_MINUTE', 165),
  ...(env.OPENAI_API_KEY
    ? {
        openAi: {
          apiKey: env.OPENAI_API_KEY,
          ...(env.OPENAI_BASE_URL ? { baseUrl: env.OPENAI_BASE_URL } : {}),
          ...(env.OPENAI_MODEL ? { model: env.OPENAI_MODEL } : {}),
          ...(env.OPENAI_VOICE ? { voice: env.OPENAI_VOICE } : {}),
        },
      }
    : {}),
  ...(env.TURN_SECRET && env.TURN_URLS
    ? {
        turn: {
          secret: env.TURN_SECRET,
          urls: env.TURN_URLS.split(','),
          marginSeconds: numberFrom('TURN_MARGIN_S', 60),
        },
      }
    : {}),
  ...(env.VOICE_TOKEN_SECRET ? { tokenSecret: env.VOICE_TOKEN_SECRET } : {}),
})

/** Time limit for closing, after which the process exits. */
const patienceMs = 2000
let stopping = false

function stop(): void {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(0), patienceMs)
  server.close().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}

process.on('SIGTERM', stop)
process.on('SIGINT', stop)
process.on('disconnect', stop)

server.listen(numberFrom('VOICE_SERVER_PORT', 8787), env.VOICE_SERVER_HOST || '127.0.0.1').then(
  (address) => console.log(`voice server listening on ${address}`),
  (error: Error) => {
    console.error(`voice server cannot listen: ${error.message}`)
    process.exit(1)
  },
)
