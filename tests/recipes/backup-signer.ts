import { AwsClient } from 'aws4fetch'
import type { SignRequest } from 'redux-voice-agent/backup'

export interface Bucket {
  /** Address of the bucket, such as `https://s3.eu-central-1.amazonaws.com/my-bucket`. */
  url: string
  region: string
  accessKeyId: string
  secretAccessKey: string
}

const methods: Record<SignRequest['method'], string> = {
  GET: 'GET',
  PUT: 'PUT',
  DELETE: 'DELETE',
  LIST: 'GET',
}
const USER = /^[\w-]{1,100}$/
const NAME = /^[\w/-]{1,200}$/

/** Signs requests to the folder of one user, on your server. */
export function createSigner({ url, ...credentials }: Bucket) {
  const client = new AwsClient({ ...credentials, service: 's3' })
  return async (userId: string, { method, name, cursor }: SignRequest): Promise<string> => {
    if (!USER.test(userId) || !NAME.test(name) || !Object.hasOwn(methods, method))
      throw new TypeError('This request is not signed.')
    const target = new URL(method === 'LIST' ? url : `${url}/${userId}/${name}`)
    if (method === 'LIST') {
      target.searchParams.set('list-type', '2')
      target.searchParams.set('prefix', `${userId}/${name}`)
      if (cursor !== undefined) target.searchParams.set('continuation-token', cursor)
    }
    // Seconds: the page sends the request immediately.
    target.searchParams.set('X-Amz-Expires', '60')
    const signed = await client.sign(target, { method: methods[method], aws: { signQuery: true } })
    return signed.url
  }
}
